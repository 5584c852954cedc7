namespace Microsoft.ML.PLD;

/// <summary>How the learning rate goes on after the warm-up.</summary>
public enum LearningRateShape
{
    /// <summary>In a straight line towards zero.</summary>
    Linear,

    /// <summary>Along half a cosine towards zero.</summary>
    Cosine,

    /// <summary>At the peak until the end.</summary>
    Constant,

    /// <summary>
    /// Times 0.99 every 1,000 steps, continuously: the decay of the progressive layer dropping paper, made for 200,000 steps.
    /// Short runs end near the peak with it.
    /// </summary>
    Exponential,
}

/// <summary>The learning rate as a function of the step.</summary>
/// <remarks>
/// With T steps in total, W = WarmupShare * T to the nearest whole number and s the steps done before, from 0:
/// s &lt; W: Peak * (s + 1) / W. After that, with x = (s - W) / (T - W):
/// linear Peak * (1 - x); cosine Peak * (1 + cos(pi x)) / 2 = Peak * cos(pi x / 2)^2; constant Peak; exponential Peak * 0.99^((s - W) / 1000).
/// </remarks>
public sealed record LearningRateSchedule
{
    /// <summary>The highest learning rate, above 0. Default 1e-3: the paper's for pre-training with LayerNorm before each sub-layer.</summary>
    public double Peak { get; init; } = 1e-3;

    /// <summary>The share of all steps, 0 to 1, in which the rate climbs to the peak in a straight line. Default 0.02, as in the paper.</summary>
    public double WarmupShare { get; init; } = .02;

    /// <summary>The way down from the peak. Default <see cref="LearningRateShape.Linear"/>.</summary>
    public LearningRateShape Shape { get; init; }

    /// <summary>The learning rate of the step that follows <paramref name="step"/> steps: always above 0.</summary>
    /// <param name="step">Steps done so far, from 0; from <paramref name="totalSteps"/> on, the last step's rate stays.</param>
    /// <param name="totalSteps">The steps of the whole run, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A step below 0, or a total below 1.</exception>
    public double At(long step, long totalSteps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        step = Math.Min(step, totalSteps - 1);

        var warmup = (long)Math.Round(WarmupShare * totalSteps, MidpointRounding.AwayFromZero);
        if (step < warmup) return Peak * ((double)(step + 1) / warmup);

        var share = (double)(step - warmup) / (totalSteps - warmup);
        return Shape switch
        {
            LearningRateShape.Linear => Peak * (1 - share),
            LearningRateShape.Cosine => Peak * Math.Pow(Math.Cos(Math.PI * share / 2), 2), // this form loses no digits near zero
            LearningRateShape.Exponential => Peak * Math.Pow(.99, (step - warmup) / 1000d),
            _ => Peak,
        };
    }

    /// <summary>Says what is wrong, one sentence an option; nothing when all is well.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Peak is not (> 0 and < double.PositiveInfinity)) yield return $"Peak is {Peak}; expected a number above 0.";
        if (WarmupShare is not (>= 0 and <= 1)) yield return $"WarmupShare is {WarmupShare}; expected a share from 0 to 1.";
        if (!Enum.IsDefined(Shape)) yield return $"Shape is {Shape}; expected {string.Join(", ", Enum.GetNames<LearningRateShape>())}.";
    }
}
