namespace Compare;

/// <summary>
/// Reference system time: what a step of a plan takes on this machine when nothing disturbs it, as a line in the share of the blocks' FLOPs that it spends. Kaddour
/// et al., "No Train No Gain", NeurIPS 2023, section 3: runs on a shared machine are not comparable by the clock.
/// </summary>
/// <param name="Fixed">Seconds of what is not in the blocks: embeddings, head, optimizer.</param>
/// <param name="PerShare">Seconds of all FLOPs of a dense step's blocks, by how blocks run.</param>
/// <param name="Timed">What it was fitted to.</param>
internal sealed record ReferenceTimes(double Fixed, IReadOnlyDictionary<PlanKind, double> PerShare, IReadOnlyList<TimedPlan> Timed)
{
    /// <summary>Seconds of a step.</summary>
    public double Of(PlanCost cost) => Fixed + PerShare.Sum(kind => kind.Value * cost[kind.Key]);

    /// <summary>Seconds of a dense step.</summary>
    public double Dense => Fixed + PerShare[PlanKind.Whole];

    /// <summary>Fits the line through the medians by least squares; neither of its numbers is below 0. What was not timed takes as long as whole blocks.</summary>
    /// <exception cref="ArgumentException">Whole blocks were not timed at two shares at least.</exception>
    public static ReferenceTimes Fit(IReadOnlyList<TimedPlan> timed)
    {
        (double X, double Y)[] whole = [.. timed.Where(plan => plan.Kind == PlanKind.Whole).Select(plan => (plan.WholeShare + plan.KindShare, plan.Median))];
        if (whole.Select(point => point.X).Distinct().Count() < 2) throw new ArgumentException("Whole blocks were timed at fewer than two shares.", nameof(timed));
        var (x, y) = (whole.Average(point => point.X), whole.Average(point => point.Y));
        var slope = whole.Sum(point => (point.X - x) * (point.Y - y)) / whole.Sum(point => (point.X - x) * (point.X - x));
        var rest = y - slope * x;
        if (slope < 0) (slope, rest) = (0, y);
        else if (rest < 0) (slope, rest) = (whole.Sum(point => point.X * point.Y) / whole.Sum(point => point.X * point.X), 0);

        var perShare = Enum.GetValues<PlanKind>().ToDictionary(kind => kind, _ => slope);
        foreach (var kind in timed.Where(plan => plan.Kind != PlanKind.Whole).GroupBy(plan => plan.Kind))
            perShare[kind.Key] = Math.Max(0, kind.Sum(plan => plan.KindShare * (plan.Median - rest - slope * plan.WholeShare)) / kind.Sum(plan => plan.KindShare * plan.KindShare));
        return new ReferenceTimes(rest, perShare, timed);
    }
}
