namespace Compare;

/// <summary>A plan that steps were timed with.</summary>
/// <param name="Kind">How those of its blocks run that it is about; the others run whole.</param>
/// <param name="KindShare">Their share of a dense step's block FLOPs.</param>
/// <param name="WholeShare">The share of the blocks that run whole.</param>
/// <param name="Seconds">The time of each step.</param>
internal sealed record TimedPlan(PlanKind Kind, double KindShare, double WholeShare, IReadOnlyList<double> Seconds)
{
    /// <summary>What noise of other programs changes least.</summary>
    public double Median => MedianOf(Seconds);

    internal static double MedianOf(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0) throw new ArgumentException("There are no values.", nameof(values));
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
