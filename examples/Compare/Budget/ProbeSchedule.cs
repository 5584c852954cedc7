using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The plans whose steps are timed, in turn, so that noise meets all of them.</summary>
internal sealed class ProbeSchedule : ILayerSchedule
{
    private readonly IReadOnlyList<LayerPlan> _plans;

    /// <param name="layers">The number of blocks.</param>
    public ProbeSchedule(int layers)
    {
        PlanKind[] others = [.. Enum.GetValues<PlanKind>().Where(kind => kind != PlanKind.Whole)];
        int[] whole = [.. new[] { Math.Max(1, layers / 4), Math.Max(1, layers / 2), Math.Max(1, 3 * layers / 4), layers }.Distinct()];
        _plans = [.. whole.Select(blocks => Lowest(blocks, layers)), .. others.Select(kind => Middle(kind, layers))];
        Kinds = [.. whole.Select(_ => PlanKind.Whole), .. others];
    }

    /// <summary>How the blocks run that each plan is about.</summary>
    internal IReadOnlyList<PlanKind> Kinds { get; }

    internal int Count => _plans.Count;

    public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Repeat(1.0, layers)];

    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) => _plans[(int)(step % _plans.Count)];

    /// <summary>A plan with what was timed.</summary>
    internal TimedPlan Timed(int plan, IReadOnlyList<double> seconds)
    {
        var cost = PlanCost.Of(_plans[plan]);
        return Kinds[plan] == PlanKind.Whole
            ? new TimedPlan(PlanKind.Whole, 0, cost.Total, seconds)
            : new TimedPlan(Kinds[plan], cost[Kinds[plan]], cost[PlanKind.Whole], seconds);
    }

    private static LayerPlan Lowest(int blocks, int layers) => new(layers, Enumerable.Range(0, blocks).Select(block => new BlockRun(block, 1)), (double)blocks / layers);

    // Half of the blocks: in the middle, or, of those that are not trained, the lowest.
    private static LayerPlan Middle(PlanKind kind, int layers)
    {
        const double half = 0.5;
        var first = kind == PlanKind.Frozen ? 0 : layers / 4;
        var last = kind == PlanKind.Frozen ? Math.Max(1, layers / 2) : layers - layers / 4;
        var runs = Enumerable.Range(0, layers).Select(block => block < first || block >= last ? new BlockRun(block, 1) : kind switch
        {
            PlanKind.Frozen => new BlockRun(block, 1, IsTrained: false),
            PlanKind.ForwardOnly => new BlockRun(block, 1) { IsForwardOnly = true },
            PlanKind.Sequences => new BlockRun(block, 1) { Subset = new RandomSubset(SubsetOf.Sequences, half, 1, block) },
            _ => new BlockRun(block, 1) { Subset = new RandomSubset(SubsetOf.Tokens, half, 1, block) },
        });
        return new LayerPlan(layers, runs, 1, trainsEmbeddings: kind != PlanKind.Frozen);
    }
}
