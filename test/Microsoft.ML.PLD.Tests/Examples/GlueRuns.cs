using Glue;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Results of runs that never were.</summary>
internal static class GlueRuns
{
    public static RunKey Key(string task = "MRPC", double rate = 1e-4, int seed = 1) => new()
    {
        Model = "preset", Task = task, Data = "data", LearningRate = rate, Seed = seed, Epochs = 3, MaxSteps = 0, BatchSize = 32, MaxLength = 128, Precision = "Float32", Device = "cpu", Recipe = "recipe", Library = "1.0.0",
    };

    /// <summary>A run with all metrics of its task the same.</summary>
    public static RunResult Run(string arm, string task, double rate, int seed, double value) => new()
    {
        Key = Key(task, rate, seed), Arm = arm, Steps = 345, Seconds = 12.5, Build = RunKey.LibraryBuild, Machine = ThisMachine.Name, Finished = new(2026, 11, 25, 23, 0, 0, TimeSpan.Zero),
        Metrics = [.. GlueTasks.ByName(task).Metrics.Select(metric => new MetricValue(metric.Name, GlueSplit.Dev, value))],
    };

    public static RunResult Failed(string arm, string task, double rate, int seed) => Run(arm, task, rate, seed, 0) with { Metrics = [], Failure = "Training has diverged, \"loss\" | NaN" };

    public static Summary Summary(IReadOnlyList<string> arms, IReadOnlyList<string> tasks, params RunResult[] runs) => new(arms, [.. tasks.Select(GlueTasks.ByName)], runs, FullGrid: false);
}
