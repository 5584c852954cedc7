using System.Globalization;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>The tables of a report, from results alone.</summary>
internal static class ReportTables
{
    private const string None = "-";

    public static IReadOnlyList<ReportTable> Of(Summary summary) =>
    [
        Averages(summary),
        Scores(summary),
        Runs(summary),
        .. summary.Arms.Count > 1 ? [Differences(summary)] : Array.Empty<ReportTable>(),
        .. summary.Failed.Count > 0 ? [FailedRuns.Table(summary)] : Array.Empty<ReportTable>(),
        .. summary.Results.Count > 0 ? [Origins.Table(summary)] : Array.Empty<ReportTable>(),
    ];

    private static ReportTable Averages(Summary summary) => new("Averages", ["", .. summary.Arms],
    [
        ["mean over tasks", .. summary.Arms.Select(arm => Average(GlueScore.TaskMean, summary.MeansOf(arm)))],
        ["geometric mean", .. summary.Arms.Select(arm => Average(GlueScore.GeometricMean, summary.MeansOf(arm)))],
    ],
    (Origins.Caution(summary) is { } caution ? $"{caution} " : "") + "In percent, of the means over seeds, with how many of the numbers are there: only averages over all 12 (13 with WNLI) are comparable with published ones. "
    + "Mean over tasks: a task's score is the mean of its metrics; WNLI counts where it was run. Geometric mean: of the 12 numbers in the tables of Zhang and He, 2020, "
    + "without WNLI; not defined where one is negative." + FailedRuns.NoteOnMeans(summary));

    private static ReportTable Scores(Summary summary) => new("Scores", ["task", "metric", .. summary.Arms.SelectMany(arm => new[] { $"{arm}: mean ± deviation", $"{arm}: best" })],
    [
        .. from task in summary.Tasks
           from metric in summary.MetricsOf(task)
           select (string[])[task.Name, metric, .. summary.Arms.SelectMany(arm => summary.Of(arm, task, metric) is { } of ? new[] { Spread(of) + Runs(summary, arm, task), Percent(of.Best) } : [None, None])],
    ],
    "In percent, over the seeds at the chosen learning rate; the best of each metric by itself. MCC, Pearson and Spearman are 100 times the coefficient; Acc-mm is MNLI's mismatched set. "
    + "- stands for what is not there or not defined." + FailedRuns.NoteOnMeans(summary));

    private static ReportTable Runs(Summary summary) => new("Runs", ["task", .. summary.Arms.SelectMany(arm => new[] { $"{arm}: learning rate", $"{arm}: seeds", $"{arm}: steps", $"{arm}: seconds per run" })],
    [
        .. from task in summary.Tasks
           select (string[])[task.Name, .. summary.Arms.SelectMany(arm => summary.ChosenRunsOf(arm, task) is { Count: > 0 } runs
               ? new[] { Rate(runs[0].Key.LearningRate), summary.RunCount(arm, task), Number(runs[0].Steps), Seconds(runs.Average(run => run.Seconds)) } : [None, summary.RunCount(arm, task), None, None])],
    ],
    "The chosen rate of each task and model, and what its runs took." + FailedRuns.NoteOnChoice(summary));

    private static ReportTable Differences(Summary summary) => new($"Differences from {summary.Arms[0]}", ["task", "metric", .. summary.Arms.Skip(1)],
    [
        .. from task in summary.Tasks
           from metric in summary.MetricsOf(task)
           let first = summary.Of(summary.Arms[0], task, metric)
           where first is not null
           select (string[])[task.Name, metric, .. summary.Arms.Skip(1).Select(arm => summary.Of(arm, task, metric) is { } second ? Difference(WelchDifference.Between(first, second)) : None)],
    ],
    "In points: the difference of the means over seeds, and the half width of Welch's 95 % interval for it, which speaks of the luck of seeds and not of the choice of examples. "
    + "An asterisk marks those whose interval leaves out 0, and is not corrected for the number of comparisons: of 20 between equals, one gets it on average. "
    + "With one seed, or where no seed differs from another in either model, there is no interval." + FailedRuns.NoteOnMeans(summary));

    private static string Average(Func<IEnumerable<GlueResult>, GlueAverage> average, IReadOnlyList<GlueResult> results)
    {
        if (results.Count == 0) return None;
        try
        {
            var (value, count, whole) = average(results);
            return $"{Percent(value)} ({count} of {whole})";
        }
        catch (ArgumentException) // none of its numbers is among them
        {
            return None;
        }
    }

    private static string Spread(Statistics of) => of.Count > 1 ? $"{Percent(of.Mean)} ± {Percent(of.Deviation)}" : Percent(of.Mean);

    private static string Runs(Summary summary, string arm, GlueTask task) => summary.FailuresOf(arm, task).Count > 0 ? $" ({summary.RunCount(arm, task)} runs)" : "";

    private static string Difference(WelchDifference of) => !double.IsFinite(of.Mean) ? None
        : Points(of.Mean) + (double.IsNaN(of.HalfWidth) ? "" : $" ± {Percent(of.HalfWidth)}{(of.IsClear ? " *" : "")}");

    private static string Points(double share) => (100 * share).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => double.IsFinite(share) ? (100 * share).ToString("F1", CultureInfo.InvariantCulture) : None;

    public static string Rate(double rate) => rate.ToString("0.##e0", CultureInfo.InvariantCulture);

    private static string Seconds(double seconds) => seconds.ToString(seconds < 10 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
