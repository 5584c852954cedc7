namespace Compare;

/// <summary>How good a trained encoder is on a task once it is fine-tuned.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Seed">The seed, of pre-training and fine-tuning alike.</param>
/// <param name="Task">The task.</param>
/// <param name="Metrics">What <paramref name="Score"/> is.</param>
/// <param name="Score">The mean of the task's metrics, a share; NaN where one is not defined.</param>
internal sealed record DownstreamScore(string Arm, ulong Seed, string Task, string Metrics, double Score);
