namespace Microsoft.ML.PLD;

/// <summary>Decides which blocks run at each step of a training run.</summary>
/// <remarks>
/// Implementations are pure functions of their arguments: the same step gives the same plan on every rank, after a resume, in any order.
/// There is one plan an optimizer step; all its micro-batches share it.
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
}
