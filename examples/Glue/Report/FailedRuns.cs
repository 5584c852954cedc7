using System.Globalization;

namespace Glue;

/// <summary>What a report says of failed runs.</summary>
internal static class FailedRuns
{
    public static ReportTable Table(Summary summary) => new("Failed runs", ["task", "model", "learning rate", "seed", "steps", "reason"],
    [
        .. summary.Failed.Select(run => (string[])[run.Key.Task, run.Arm, ReportTables.Rate(run.Key.LearningRate), $"{run.Key.Seed}", run.Steps.ToString("N0", CultureInfo.InvariantCulture), run.Failure!]),
    ],
    "They count in no mean, and are not tried again but with --retry.");

    /// <summary>For the notes of tables with means; empty where no chosen rate has failures.</summary>
    public static string NoteOnMeans(Summary summary) => Places(summary).Any()
        ? " Where it says '4 of 5 runs' or the like, the others failed (see Failed runs): the numbers, also in averages and differences, are of those that did not, and too good."
        : "";

    /// <summary>For the choice of rates; empty where each that was chosen ran with all seeds, and without the full grid, where the first seed decides.</summary>
    public static string NoteOnChoice(Summary summary) => summary.FullGrid && Places(summary).ToArray() is { Length: > 0 } places
        ? $" No learning rate succeeded with all seeds, and one with the fewest failures was taken: {string.Join("; ", places)}."
        : "";

    private static IEnumerable<string> Places(Summary summary) =>
        from task in summary.Tasks
        from arm in summary.Arms
        where summary.ChosenRunsOf(arm, task).Count > 0 && summary.FailuresOf(arm, task).Count > 0
        select $"{arm} on {task.Name} ({summary.RunCount(arm, task)} runs)";
}
