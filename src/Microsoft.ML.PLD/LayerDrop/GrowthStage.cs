namespace Microsoft.ML.PLD;

/// <summary>A stage of a schedule whose encoder grows: <see cref="GrowingDepth"/>, <see cref="ProgressiveStacking"/> and others.</summary>
/// <param name="Blocks">How many blocks there are.</param>
/// <param name="Until">Up to which share of the run's steps, in (0, 1].</param>
public readonly record struct GrowthStage(int Blocks, double Until);
