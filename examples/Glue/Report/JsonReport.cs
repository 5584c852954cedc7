using System.Text.Json;

namespace Glue;

/// <summary>What <c>--json</c> writes: a record for each model, task and seed at the chosen learning rate; of failed runs the reason instead of values.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string Of(Summary summary) => JsonSerializer.Serialize(
        from task in summary.Tasks
        from arm in summary.Arms
        from run in summary.ChosenRunsOf(arm, task).Concat(summary.FailuresOf(arm, task))
        select new Entry(task.Name, run.Key.Seed, task.Metrics[0].Name, run.Failure is null ? Defined(run.Metrics[0].Value) : null, run.Key.LearningRate, Math.Round(run.Seconds, 3), arm,
            run.Metrics.ToDictionary(metric => metric.Name, metric => Defined(metric.Value)), run.Failure),
        Json);

    // JSON has no NaN.
    private static double? Defined(double value) => double.IsNaN(value) ? null : value;

    private sealed record Entry(string Task, int Seed, string Metric, double? Value, double LearningRate, double Seconds, string Arm, IReadOnlyDictionary<string, double?> Metrics, string? Failure);
}
