using System.Globalization;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>How progress reads.</summary>
internal static class BoardText
{
    public static string Name(string arm, RunKey key) => $"{key.Task}, {arm}, rate {ReportTables.Rate(key.LearningRate)}, seed {key.Seed}";

    /// <summary>What a run reached, or that it failed.</summary>
    public static string Outcome(RunResult result) => result.Failure is { } failure ? $"failed: {failure}" : string.Join(", ", result.Metrics.Select(metric => $"{metric.Name} {Percent(metric.Value)}"));

    public static string State(TrainingProgress value) => FormattableString.Invariant(
        $"step {value.Step}/{value.TotalSteps}, loss {value.Loss:F3}{(value.Remaining is { } left ? $", {Time(left)} left" : "")}");

    public static string Percent(double share) => double.IsNaN(share) ? "-" : (100 * share).ToString("F1", CultureInfo.InvariantCulture);

    public static string Time(TimeSpan time) => time.TotalSeconds < 100 ? FormattableString.Invariant($"{time.TotalSeconds:F0} s")
        : time.TotalMinutes < 100 ? FormattableString.Invariant($"{time.TotalMinutes:F0} min")
        : FormattableString.Invariant($"{time.TotalHours:F1} h");

    // That checkpoints are written every two minutes is none.
    public static bool IsNews(string notice) => !notice.StartsWith("Wrote checkpoint '", StringComparison.Ordinal);
}
