using Glue;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Results of runs that never were.</summary>
internal static class GlueRuns
{
    public static RunKey Key(string task = "MRPC", double rate = 1e-4, int seed = 1) => new()
    {
        Model = "preset", Task = task, Data = "data", LearningRate = rate, Seed = seed, Epochs = 3, MaxSteps = 0, BatchSize = 32, MaxLength = 128, Precision = "Auto", Library = "1.0.0",
    };

    /// <summary>A run with all metrics of its task the same.</summary>
    public static RunResult Run(string arm, string task, double rate, int seed, double value) => new()
    {
        Key = Key(task, rate, seed), Arm = arm, Steps = 345, Seconds = 12.5,
        Metrics = [.. GlueTasks.ByName(task).Metrics.Select(metric => new MetricValue(metric.Name, GlueSplit.Dev, value))],
    };

    public static Summary Summary(IReadOnlyList<string> arms, IReadOnlyList<string> tasks, params RunResult[] runs) => new(arms, [.. tasks.Select(GlueTasks.ByName)], runs, FullGrid: false);
}
