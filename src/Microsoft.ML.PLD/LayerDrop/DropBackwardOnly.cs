namespace Microsoft.ML.PLD;

/// <summary>
/// DropBP: every block runs forward, but on the way back some are passed by. Woo et al., "DropBP: Accelerating Fine-Tuning of Large Language Models by Dropping
/// Backward Propagation", NeurIPS 2024, section 3.
/// </summary>
/// <remarks>
/// What the encoder computes is exact at every step; gradients are approximate. A block costs a third of a whole one when it is passed by. The paper gives
/// each block a rate by its sensitivity; here all have the same, or, with <see cref="AlwaysTrained"/>, the highest none.
/// </remarks>
public sealed record DropBackwardOnly : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="dropRate">The probability that a block is passed by on the way back, in [0, 1). Default: 0.5.</param>
    /// <param name="alwaysTrained">How many of the highest blocks are never passed by. Default: 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public DropBackwardOnly(double dropRate = 0.5, int alwaysTrained = 0)
    {
        if (!(dropRate >= 0 && dropRate < 1))
            throw new ArgumentOutOfRangeException(nameof(dropRate), dropRate, $"dropRate is {dropRate}; expected a probability in [0, 1), for example 0.5.");
        ArgumentOutOfRangeException.ThrowIfNegative(alwaysTrained);
        (DropRate, AlwaysTrained) = (dropRate, alwaysTrained);
    }

    /// <summary>The probability that a block is passed by on the way back.</summary>
    public double DropRate { get; }

    /// <summary>How many of the highest blocks are never passed by.</summary>
    public int AlwaysTrained { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Repeat(1.0, layers)];

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var dropped = Math.Max(0, layers - AlwaysTrained);
        var runs = Enumerable.Range(0, layers).Select(block => new BlockRun(block, 1)
        {
            IsForwardOnly = block < dropped && new RandomStream(seed, RandomPurpose.Gates, step, block).NextDouble() < DropRate,
        });
        return new LayerPlan(layers, runs, layers == 0 ? 1 : 1 - 2.0 / 3 * DropRate * dropped / layers);
    }
}
