namespace Microsoft.ML.PLD;

/// <summary>
/// The encoder grows stage by stage, each new block beginning with the weights of a trained one. Gong et al., "Efficient Training of BERT by Progressively
/// Stacking", ICML 2019, algorithm 1.
/// </summary>
/// <remarks>
/// When N blocks become 2N, block N + i takes the weights of block i. Validations run the blocks that there are; the model at the end has all of them.
/// </remarks>
public sealed record ProgressiveStacking : ILayerSchedule
{
    /// <summary>The stages of <see cref="ProgressiveStacking()"/>: 3 blocks up to an eighth of the steps, 6 up to three tenths.</summary>
    private static readonly GrowthStage[] Usual = [new(3, 0.125), new(6, 0.3)];

    /// <summary>3 blocks in the first eighth of the steps, 6 up to three tenths of them, then all: the paper's 50,000 and 70,000 of 400,000 steps; state copied.</summary>
    public ProgressiveStacking() : this(CopiedState.Copied, Usual)
    {
    }

    /// <summary>Makes the schedule.</summary>
    /// <param name="state">What the optimizer knows of new blocks.</param>
    /// <param name="stages">The stages before all blocks are there.</param>
    /// <exception cref="ArgumentException">Blocks or shares do not rise, or a share is not in (0, 1].</exception>
    public ProgressiveStacking(CopiedState state, params GrowthStage[] stages) => (State, Stages) = (state, StageShares.Checked(stages));

    /// <summary>What the optimizer knows of new blocks.</summary>
    public CopiedState State { get; }

    /// <summary>The stages before all blocks are there.</summary>
    public IReadOnlyList<GrowthStage> Stages { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => Stages.KeepProbabilities(step, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) => LayerPlan.Lowest(Stages.BlocksAt(step, totalSteps, layers), layers);

    /// <inheritdoc/>
    public BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers) => Stages.GrowthAfter(stepsDone, totalSteps, layers) is var (before, after)
        ? new BlockCopies(Enumerable.Range(0, layers).Select(block => block >= before && block < after ? block % before : block), State)
        : null;

    /// <inheritdoc/>
    public LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers) => LayerPlan.Lowest(Stages.BlocksAfter(stepsDone, totalSteps, layers), layers);
}
