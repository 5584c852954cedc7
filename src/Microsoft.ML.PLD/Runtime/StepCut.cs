namespace Microsoft.ML.PLD;

/// <summary>How a step's batch is computed.</summary>
/// <param name="Workers">Micro-batches side by side.</param>
/// <param name="MicroBatchSize">The most sequences of each.</param>
/// <param name="Recompute">As <see cref="RuntimeOptions.RecomputeActivations"/>.</param>
internal readonly record struct StepCut(int Workers, int MicroBatchSize, bool Recompute);
