namespace Microsoft.ML.PLD;

/// <summary>
/// Training begins with the lowest blocks and adds those above by and by, with their initial weights; once all run, another schedule says which. The first
/// steps, which learn what a few blocks can hold, cost a fraction of a dense step.
/// </summary>
/// <remarks>
/// As progressive stacking (Gong et al., "Efficient Training of BERT by Progressively Stacking", ICML 2019), but without copying weights: in a pre-LN encoder a
/// block with initial weights changes its input little. Validation runs every block, those too that have not been trained yet. A last stage that ends with the
/// run, at 1, leaves the blocks above it as they began.
/// </remarks>
public sealed record GrowingDepth : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="then">Which blocks run once all have been added; it is given the run's own steps. Default: all of them.</param>
    /// <param name="stages">
    /// <c>new(3, 0.3), new(6, 0.5)</c> runs the 3 lowest blocks in the first 30 % of the steps, 6 up to the half, and all from there. None: <paramref name="then"/>
    /// from the start.
    /// </param>
    /// <exception cref="ArgumentException">Blocks or shares do not rise, or a share is not in (0, 1].</exception>
    public GrowingDepth(ILayerSchedule? then = null, params GrowthStage[] stages) => (Then, Stages) = (then ?? new DenseSchedule(), StageShares.Checked(stages));

    /// <summary>Which blocks run once all have been added.</summary>
    public ILayerSchedule Then { get; private init; }

    /// <summary>The stages before all blocks run.</summary>
    public IReadOnlyList<GrowthStage> Stages { get; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => IsGrowing(step, totalSteps, layers)
        ? Stages.KeepProbabilities(step, totalSteps, layers)
        : Then.KeepProbabilities(step, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) => IsGrowing(step, totalSteps, layers)
        ? LayerPlan.Lowest(Stages.BlocksAt(step, totalSteps, layers), layers)
        : Then.PlanAt(step, totalSteps, layers, seed);

    /// <inheritdoc/>
    /// <remarks>What <see cref="Then"/> would have copied by the time it takes over, it copies then.</remarks>
    public BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers) => IsGrowing(stepsDone, totalSteps, layers) && stepsDone < totalSteps ? null
        : Then.CopiesAfter(IsGrowing(stepsDone - 1, totalSteps, layers) ? 1 : stepsDone, stepsDone, totalSteps, layers);

    /// <inheritdoc/>
    public LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers) =>
        IsGrowing(stepsDone, totalSteps, layers) ? LayerPlan.Dense(layers) : Then.EvaluationPlan(stepsDone, totalSteps, layers);

    /// <inheritdoc/>
    /// <remarks>Not while blocks are missing; what <see cref="Then"/> would have measured by the time it takes over, it measures then.</remarks>
    public bool MeasuresBefore(long step, long totalSteps)
    {
        var first = Stages.Count == 0 ? 0 : Stages[^1].End(totalSteps);
        return step > first ? Then.MeasuresBefore(step, totalSteps) : step == first && Then.MeasuresFrom(0, step, totalSteps);
    }

    /// <inheritdoc/>
    public ILayerSchedule Knowing(IReadOnlyList<BlockChange>? changes) => this with { Then = Then.Knowing(changes) };

    private bool IsGrowing(long step, long totalSteps, int layers) => Stages.BlocksAt(step, totalSteps, layers) < layers;
}
