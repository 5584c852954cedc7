using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The share of a dense step's block FLOPs that a step spends, by how its blocks run.</summary>
internal readonly struct PlanCost
{
    private static readonly int Kinds = Enum.GetValues<PlanKind>().Length;
    private readonly double[]? _shares;

    private PlanCost(double[] shares) => _shares = shares;

    /// <summary>All of them; as <see cref="LayerPlan.ActualShare"/>.</summary>
    public double Total => _shares?.Sum() ?? 0;

    public double this[PlanKind kind] => _shares?[(int)kind] ?? 0;

    public static PlanCost Of(LayerPlan plan)
    {
        const double forward = 1.0 / 3; // a way back is twice the work
        var shares = new double[Kinds];
        foreach (var run in plan.Runs)
        {
            var kind = !run.IsTrained ? PlanKind.Frozen : run.IsForwardOnly ? PlanKind.ForwardOnly
                : run.Subset is not { } subset ? PlanKind.Whole : subset.Of == SubsetOf.Tokens ? PlanKind.Tokens : PlanKind.Sequences;
            shares[(int)kind] += (run.Subset?.Share ?? 1) * (run.IsTrained && !run.IsForwardOnly ? 1 : forward) / plan.Blocks;
        }
        return new PlanCost(shares);
    }

    /// <summary>What a step costs, with the look at the encoder that a schedule takes before it: at most a forward pass of the step's batch, and counted as one.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="steps">The number of steps of the run.</param>
    /// <param name="layers">The number of blocks.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="share">What the run has spent, where it depends on more than these; null: what the plan spends.</param>
    public static PlanCost Of(ILayerSchedule schedule, long step, long steps, int layers, ulong seed, double? share = null)
    {
        var cost = Of(schedule.PlanAt(step, steps, layers, seed));
        if (share is { } spent && Math.Abs(spent - cost.Total) > 1e-6) // curves have nine digits
        {
            if (cost.Total > 0) cost = cost.Times(spent / cost.Total);
            else cost = cost.Plus(PlanKind.Whole, spent);
        }
        return schedule.MeasuresBefore(step, steps) ? cost.Plus(PlanKind.Whole, 1.0 / 3) : cost;
    }

    private PlanCost Times(double factor) => new([.. (_shares ?? []).Select(share => factor * share)]);

    private PlanCost Plus(PlanKind kind, double share)
    {
        double[] shares = [.. _shares ?? new double[Kinds]];
        shares[(int)kind] += share;
        return new PlanCost(shares);
    }
}
