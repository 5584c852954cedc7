using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The plans whose steps are timed, in turn, so that noise meets all of them.</summary>
internal sealed class ProbeSchedule : ILayerSchedule
{
    private readonly IReadOnlyList<LayerPlan> _plans;

    /// <param name="layers">The number of blocks.</param>
    public ProbeSchedule(int layers)
    {
        PlanKind[] partly = [PlanKind.ForwardOnly, PlanKind.Sequences, PlanKind.Tokens];
        // None only where there is no other: the last block that runs takes less than others, as only masked places are read, and so none is not on the line.
        int[] whole = layers < 2 ? [0, layers] : [.. new[] { Math.Max(1, layers / 4), Math.Max(1, layers / 2), Math.Max(1, 3 * layers / 4), layers }.Distinct()];
        int[] frozen = [.. new[] { Math.Max(1, layers / 4), layers - layers / 4 }.Distinct()];
        _plans = [.. whole.Select(blocks => Lowest(blocks, layers)), .. frozen.Select(blocks => Frozen(blocks, layers)), .. partly.Select(kind => Middle(kind, layers))];
        Kinds = [.. whole.Select(_ => PlanKind.Whole), .. frozen.Select(_ => PlanKind.Frozen), .. partly];
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

    private static LayerPlan Frozen(int blocks, int layers) =>
        new(layers, Enumerable.Range(0, layers).Select(block => new BlockRun(block, 1, IsTrained: block >= blocks)), 1, trainsEmbeddings: false);

    // Half of the blocks, in the middle.
    private static LayerPlan Middle(PlanKind kind, int layers)
    {
        const double half = 0.5;
        var runs = Enumerable.Range(0, layers).Select(block => block < layers / 4 || block >= layers - layers / 4 ? new BlockRun(block, 1) : kind switch
        {
            PlanKind.ForwardOnly => new BlockRun(block, 1) { IsForwardOnly = true },
            PlanKind.Sequences => new BlockRun(block, 1) { Subset = new RandomSubset(SubsetOf.Sequences, half, 1, block) },
            _ => new BlockRun(block, 1) { Subset = new RandomSubset(SubsetOf.Tokens, half, 1, block) },
        });
        return new LayerPlan(layers, runs, 1);
    }
}
