namespace Microsoft.ML.PLD;

/// <summary>Decides which blocks run at each step of a training run.</summary>
/// <remarks>
/// Implementations are pure functions of their arguments: the same step gives the same plan on every rank, after a resume, in any order.
/// There is one plan an optimizer step, which all its micro-batches share, unless <see cref="PretrainingOptions.PlanPerMicroBatch"/> says otherwise.
/// A schedule that is made of others asks them for all that is declared here.
/// </remarks>
public interface ILayerSchedule
{
    /// <summary>The probability of running each block at a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">The number of steps of the whole run: at least 1.</param>
    /// <param name="layers">The number of blocks, L.</param>
    /// <returns><paramref name="layers"/> probabilities, block 1 (at the input) first.</returns>
    double[] KeepProbabilities(long step, long totalSteps, int layers);

    /// <summary>The blocks to run at a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">The number of steps of the whole run: at least 1.</param>
    /// <param name="layers">The number of blocks, L.</param>
    /// <param name="seed">The run's seed.</param>
    LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed);

    /// <summary>
    /// Blocks whose weights become those of others once so many steps are done, because the encoder grows. Default: none, ever. After the last step, whatever has
    /// not grown yet does, so that no block of a trained model is as it began.
    /// </summary>
    /// <param name="stepsDone">The steps done, from 1 to <paramref name="totalSteps"/>.</param>
    /// <param name="totalSteps">The number of steps of the whole run: at least 1.</param>
    /// <param name="layers">The number of blocks, L.</param>
    /// <returns>Null: nothing is copied.</returns>
    BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers) => null;

    /// <summary>
    /// What a validation runs, which comes after the copies. Default: every block. A schedule whose encoder grows leaves out the blocks that are still to be
    /// copied from others.
    /// </summary>
    /// <param name="stepsDone">The steps done, from 0 to <paramref name="totalSteps"/>. After all of them it is every block, in order, unscaled.</param>
    /// <param name="totalSteps">The number of steps of the whole run: at least 1.</param>
    /// <param name="layers">The number of blocks, L.</param>
    LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers) => LayerPlan.Dense(layers);

    /// <summary>Whether the change that each block makes to its input is measured before a step, on the step's batch. Default: never.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">The number of steps of the whole run: at least 1.</param>
    bool MeasuresBefore(long step, long totalSteps) => false;

    /// <summary>
    /// The schedule as it is with a measurement. Default: as it is without. Checkpoints keep what was measured last, so that a run that is resumed stays the same.
    /// </summary>
    /// <param name="changes">Of each block, the one at the input first; null: nothing has been measured yet.</param>
    ILayerSchedule Knowing(IReadOnlyList<BlockChange>? changes) => this;
}
