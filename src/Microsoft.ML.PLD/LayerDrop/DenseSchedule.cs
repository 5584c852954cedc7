namespace Microsoft.ML.PLD;

/// <summary>Every block at every step: ordinary training.</summary>
public sealed record DenseSchedule : ILayerSchedule
{
    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Repeat(1.0, layers)];

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) => LayerPlan.Dense(layers);
}
