namespace Microsoft.ML.PLD;

/// <summary>What a measurement was at one step, or at several that follow one another.</summary>
/// <param name="FirstStep">The first of them.</param>
/// <param name="LastStep">The last of them.</param>
/// <param name="Count">Measurements.</param>
/// <param name="Mean">Of all.</param>
/// <param name="Lowest">Of all.</param>
/// <param name="Highest">Of all.</param>
/// <param name="Last">That of the last step.</param>
internal readonly record struct ThinnedPoint(long FirstStep, long LastStep, long Count, double Mean, double Lowest, double Highest, double Last)
{
    public ThinnedPoint(long step, double value) : this(step, step, 1, value, value, value, value)
    {
    }

    /// <summary>Whether it is one that <see cref="ThinnedCurve"/> could have made.</summary>
    public bool IsValid => FirstStep >= 0 && LastStep >= FirstStep && Count > 0 && double.IsFinite(Mean) && double.IsFinite(Lowest) && double.IsFinite(Highest) && double.IsFinite(Last);

    /// <summary>Both as one.</summary>
    /// <param name="next">What comes after.</param>
    public ThinnedPoint Then(ThinnedPoint next) => new(
        FirstStep, next.LastStep, Count + next.Count, Mean + (next.Mean - Mean) * next.Count / (Count + next.Count),
        Math.Min(Lowest, next.Lowest), Math.Max(Highest, next.Highest), next.Last);
}
