namespace Microsoft.ML.PLD;

/// <summary>
/// The settings of AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019). The defaults are those of BERT
/// (Devlin et al. 2019, appendix A.2, and its published code), clipping included; progressive layer dropping keeps them.
/// </summary>
/// <remarks>Weight decay never acts on biases and LayerNorm: that is, on parameters of one dimension.</remarks>
public sealed record AdamWOptions
{
    /// <summary>The decay of the running mean of gradients, in [0, 1). Default 0.9.</summary>
    public double Beta1 { get; init; } = .9;

    /// <summary>The decay of the running mean of squared gradients, in [0, 1). Default 0.999.</summary>
    public double Beta2 { get; init; } = .999;

    /// <summary>Added to the root of the second moment, above 0. Default 1e-6, as in BERT's code; other libraries use 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>The share of each weight, times the learning rate, that a step takes off; at least 0. Default 0.01.</summary>
    public double WeightDecay { get; init; } = .01;

    /// <summary>
    /// Whether the moments are corrected for their start at zero. Default true; BERT's own code did not, which makes the first steps larger
    /// and fine-tuning on little data less stable (Mosbach et al., ICLR 2021).
    /// </summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Gradients are scaled down together so that their Euclidean norm is at most this; 0 never scales. Default 1.</summary>
    public double MaxGradientNorm { get; init; } = 1;

    /// <summary>
    /// Consecutive steps that may change nothing because their loss or gradients are not finite; with one more, training has diverged and stops. 0 stops at the first.
    /// Default 10: a single overflow is skipped, as every mixed-precision recipe does.
    /// </summary>
    public int MaxSkippedSteps { get; init; } = 10;

    /// <summary>What happens to parameters without a gradient. Default <see cref="DroppedParameterRule.LeaveAlone"/>.</summary>
    public DroppedParameterRule DroppedParameters { get; init; }

    /// <summary>Says what is wrong, one sentence an option; nothing when all is well.</summary>
    internal IEnumerable<string> Problems()
    {
        if (Beta1 is not (>= 0 and < 1)) yield return $"Beta1 is {Beta1}; expected at least 0 and less than 1.";
        if (Beta2 is not (>= 0 and < 1)) yield return $"Beta2 is {Beta2}; expected at least 0 and less than 1.";
        if (Epsilon is not (> 0 and < double.PositiveInfinity)) yield return $"Epsilon is {Epsilon}; expected a number above 0.";
        if (WeightDecay is not (>= 0 and < double.PositiveInfinity)) yield return $"WeightDecay is {WeightDecay}; expected a number of at least 0.";
        if (MaxGradientNorm is not (>= 0 and < double.PositiveInfinity))
            yield return $"MaxGradientNorm is {MaxGradientNorm}; expected a number above 0, or 0 for no clipping.";
        if (MaxSkippedSteps < 0) yield return $"MaxSkippedSteps is {MaxSkippedSteps}; expected 0 or more.";
        if (!Enum.IsDefined(DroppedParameters))
            yield return $"DroppedParameters is {DroppedParameters}; expected {string.Join(" or ", Enum.GetNames<DroppedParameterRule>())}.";
    }
}
