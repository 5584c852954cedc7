namespace Microsoft.ML.PLD;

/// <summary>
/// Layer dropping by sequences: where another schedule would run a block with probability p for the whole batch, the block runs at every step, on a random part p of
/// the batch's sequences; the others pass by it.
/// </summary>
/// <remarks>
/// The FLOPs are those of the other schedule, at every step (to within a sequence of every eight) instead of on average; each block is trained at each step, and the gates of a
/// batch's sequences are nearly independent, so that they add less noise to the gradient. Our own; stochastic depth (Huang et al., ECCV 2016) has been drawn for each sample before,
/// but computed for all. A schedule that gives no probabilities but parts, fixed numbers or repeated blocks is taken by its probabilities all the same.
/// </remarks>
public sealed record SequenceDrop : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="probabilities">Gives the part of each block at each step, as its keep probability. Default: <see cref="ProgressiveLayerDrop"/>.</param>
    /// <param name="scaling">How a sequence that runs makes up for those that do not. Default: as in the paper of progressive layer dropping.</param>
    public SequenceDrop(ILayerSchedule? probabilities = null, ResidualScaling scaling = ResidualScaling.Paper) =>
        (Probabilities, Scaling) = (probabilities ?? new ProgressiveLayerDrop(), scaling);

    /// <summary>Gives the part of each block.</summary>
    public ILayerSchedule Probabilities { get; private init; }

    /// <summary>What 1/p multiplies.</summary>
    public ResidualScaling Scaling { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => Probabilities.KeepProbabilities(step, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var keep = KeepProbabilities(step, totalSteps, layers);
        var runs = Enumerable.Range(0, layers).Where(block => keep[block] > 0).Select(block => new BlockRun(block, Scaling == ResidualScaling.None ? 1 : 1 / keep[block])
        {
            Subset = keep[block] < 1 ? new RandomSubset(SubsetOf.Sequences, keep[block], seed, step) : null,
        });
        return new LayerPlan(layers, runs, layers == 0 ? 1 : keep.Average(), Scaling, layers == 0 ? 1 : keep[^1]);
    }

    /// <inheritdoc/>
    public BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers) => Probabilities.CopiesAfter(stepsDone, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers) => Probabilities.EvaluationPlan(stepsDone, totalSteps, layers);

    /// <inheritdoc/>
    public bool MeasuresBefore(long step, long totalSteps) => Probabilities.MeasuresBefore(step, totalSteps);

    /// <inheritdoc/>
    public ILayerSchedule Knowing(IReadOnlyList<BlockChange>? changes) => this with { Probabilities = Probabilities.Knowing(changes) };
}
