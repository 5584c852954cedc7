namespace Compare;

/// <summary>
/// Reference system time: what a step of a plan takes on this machine, timed before the comparison, as a line in the share of the blocks' FLOPs that it spends. Kaddour
/// et al., "No Train No Gain", NeurIPS 2023, section 3: runs on a shared machine are not comparable by the clock.
/// </summary>
/// <param name="Fixed">Seconds of what is not in the blocks: embeddings, head, optimizer; less what the last block that runs saves by computing masked positions only, and so perhaps below 0.</param>
/// <param name="FixedFrozen">The same of a step in which the lowest blocks, and so the embeddings, are not trained.</param>
/// <param name="PerShare">Seconds of all FLOPs of a dense step's blocks, by how blocks run.</param>
/// <param name="Timed">What it was fitted to.</param>
internal sealed record ReferenceTimes(double Fixed, double FixedFrozen, IReadOnlyDictionary<PlanKind, double> PerShare, IReadOnlyList<TimedPlan> Timed)
{
    /// <summary>Seconds of a step.</summary>
    public double Of(PlanCost cost) => (cost[PlanKind.Frozen] > 0 ? FixedFrozen : Fixed) + PerShare.Sum(kind => kind.Value * cost[kind.Key]);

    /// <summary>Seconds of a dense step.</summary>
    public double Dense => Fixed + PerShare[PlanKind.Whole];

    /// <summary>Fits lines through the medians by least squares, above 0 from a quarter of the smallest share timed. What was not timed takes as long as whole blocks.</summary>
    /// <exception cref="ArgumentException">Whole blocks were not timed at two shares at least.</exception>
    public static ReferenceTimes Fit(IReadOnlyList<TimedPlan> timed)
    {
        (double X, double Y)[] whole = [.. timed.Where(plan => plan.Kind == PlanKind.Whole).Select(plan => (plan.WholeShare, plan.Median))];
        if (whole.Select(point => point.X).Distinct().Count() < 2) throw new ArgumentException("Whole blocks were timed at fewer than two shares.", nameof(timed));
        var (rest, slope) = Line(whole, double.PositiveInfinity);
        var (restFrozen, perShare) = (rest, Enum.GetValues<PlanKind>().ToDictionary(kind => kind, _ => slope));
        foreach (var kind in timed.Where(plan => plan.Kind != PlanKind.Whole).GroupBy(plan => plan.Kind))
        {
            (double X, double Y)[] points = [.. kind.Select(plan => (plan.KindShare, plan.Median - slope * plan.WholeShare))];
            if (kind.Key == PlanKind.Frozen && points.Length > 1) (restFrozen, perShare[kind.Key]) = Line(points, rest);
            else perShare[kind.Key] = Math.Max(0, Through(points, rest));
        }
        return new ReferenceTimes(rest, restFrozen, perShare, timed);
    }

    // Where the line begins, at most at a highest value, and how steeply it rises, at least 0.
    private static (double Start, double Slope) Line((double X, double Y)[] points, double highest)
    {
        var (x, y) = (points.Average(point => point.X), points.Average(point => point.Y));
        var slope = points.Sum(point => (point.X - x) * (point.Y - y)) / points.Sum(point => (point.X - x) * (point.X - x));
        var rest = y - slope * x;
        if (slope < 0) (slope, rest) = (0, y);
        if (rest > highest) return (highest, Math.Max(0, Through(points, highest)));
        var zero = points.Min(point => point.X) / 4;
        if (rest >= -slope * zero) return (rest, slope);
        slope = Through([.. points.Select(point => (point.X - zero, point.Y))], 0);
        return (-slope * zero, slope);
    }

    private static double Through((double X, double Y)[] points, double rest) => points.Sum(point => point.X * (point.Y - rest)) / points.Sum(point => point.X * point.X);
}
