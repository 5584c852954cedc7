namespace Microsoft.ML.PLD;

/// <summary>
/// LayerDrop: every block is dropped with the same probability at every step. Fan, Grave and Joulin, "Reducing Transformer Depth on Demand with Structured
/// Dropout", ICLR 2020, section 3.
/// </summary>
public sealed record ConstantLayerDrop : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="dropRate">The probability of dropping a block, in [0, 1). Default: the paper's 0.2.</param>
    /// <param name="scaling">How kept blocks make up for it. Default: not at all, as in the paper; <see cref="ResidualScaling.BlockDelta"/> is stochastic depth with 1/p.</param>
    /// <param name="everyOther">
    /// Whether only blocks 2, 4, 6 and so on are dropped: those that the paper's "every other" strategy takes out of the trained encoder. Default: false.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="dropRate"/> is out of its range.</exception>
    public ConstantLayerDrop(double dropRate = 0.2, ResidualScaling scaling = ResidualScaling.None, bool everyOther = false)
    {
        if (!(dropRate >= 0 && dropRate < 1))
            throw new ArgumentOutOfRangeException(nameof(dropRate), dropRate, $"dropRate is {dropRate}; expected a probability in [0, 1), for example 0.2.");
        (DropRate, Scaling, EveryOther) = (dropRate, scaling, everyOther);
    }

    /// <summary>The probability of dropping a block.</summary>
    public double DropRate { get; }

    /// <summary>How kept blocks make up for it.</summary>
    public ResidualScaling Scaling { get; }

    /// <summary>Whether only every second block is dropped.</summary>
    public bool EveryOther { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) =>
        [.. Enumerable.Range(1, layers).Select(depth => EveryOther && depth % 2 == 1 ? 1 : 1 - DropRate)];

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) =>
        LayerPlan.Gated(KeepProbabilities(step, totalSteps, layers), Scaling, 1 - DropRate, step, seed);
}
