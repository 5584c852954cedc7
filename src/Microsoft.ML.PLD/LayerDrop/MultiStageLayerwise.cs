namespace Microsoft.ML.PLD;

/// <summary>
/// Multi-stage layerwise training: the encoder grows from the bottom, only the newest blocks are trained while those below run forward only, and all of them
/// together in the end. Yang et al., "Progressively Stacking 2.0: A Multi-stage Layerwise Training Method for BERT Training Speedup", arXiv 2011.13635, section 3.
/// </summary>
/// <remarks>
/// The new blocks of a stage take the weights of the highest ones before it. The embeddings are trained in the first stage and in the last one, as blocks are;
/// the decoder, which shares the word vectors, is always.
/// </remarks>
public sealed record MultiStageLayerwise : ILayerSchedule
{
    private static readonly GrowthStage[] Usual = [new(3, 0.15), new(6, 0.35), new(9, 0.55), new(12, 0.75)];

    /// <summary>3, 6, 9 and 12 blocks up to 15, 35, 55 and 75 % of the steps, of which the 3 newest are trained; then all are. State copied.</summary>
    public MultiStageLayerwise() : this(CopiedState.Copied, Usual)
    {
    }

    /// <summary>Makes the schedule.</summary>
    /// <param name="state">What the optimizer knows of new blocks.</param>
    /// <param name="stages">The stages before all blocks are trained together. In each, the blocks that the one before did not have are trained.</param>
    /// <exception cref="ArgumentException">Blocks or shares do not rise, or a share is not in (0, 1].</exception>
    public MultiStageLayerwise(CopiedState state, params GrowthStage[] stages) => (State, Stages) = (state, StageShares.Checked(stages));

    /// <summary>What the optimizer knows of new blocks.</summary>
    public CopiedState State { get; }

    /// <summary>The stages before all blocks are trained together.</summary>
    public IReadOnlyList<GrowthStage> Stages { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => Stages.KeepProbabilities(step, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        // A stage may be too short for a step; what it would have trained, the one after it does.
        var (blocks, begun) = (Stages.BlocksAt(step, totalSteps, layers), Stages.Select(stage => stage.End(totalSteps)).LastOrDefault(end => end <= step));
        var frozen = begun == 0 ? 0 : Stages.BlocksAt(begun - 1, totalSteps, layers);
        // Once the stages are over, and in those of blocks that the encoder does not have, all are trained.
        if (Stages.All(stage => step >= stage.End(totalSteps)) || frozen >= layers) frozen = 0;
        var runs = Enumerable.Range(0, blocks).Select(block => new BlockRun(block, 1, IsTrained: block >= frozen)).ToArray();
        return new LayerPlan(layers, runs, layers == 0 ? 1 : runs.Sum(run => run.Cost) / layers, trainsEmbeddings: frozen == 0);
    }

    /// <inheritdoc/>
    public BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers) => Stages.GrowthAfter(stepsDone, totalSteps, layers) is var (before, after)
        ? new BlockCopies(Enumerable.Range(0, layers).Select(block => block >= before && block < after ? Source(block, before, after) : block), State)
        : null;

    /// <inheritdoc/>
    public LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers) => LayerPlan.Lowest(Stages.BlocksAfter(stepsDone, totalSteps, layers), layers);

    // The highest blocks before, in their order; again from them where there are more new ones.
    private static int Source(int block, int before, int after)
    {
        var copied = Math.Min(after - before, before);
        return before - copied + (block - before) % copied;
    }
}
