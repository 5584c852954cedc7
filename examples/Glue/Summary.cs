using Microsoft.ML.PLD;

namespace Glue;

/// <summary>The results in order: what reports and plots are made from.</summary>
/// <param name="Arms">The names of the models.</param>
/// <param name="Tasks">The tasks.</param>
/// <param name="Results">The runs, failed ones too; each of one of these models and tasks.</param>
/// <param name="FullGrid">Whether every rate runs with every seed.</param>
internal sealed record Summary(IReadOnlyList<string> Arms, IReadOnlyList<GlueTask> Tasks, IReadOnlyList<RunResult> Results, bool FullGrid)
{
    /// <summary>The runs of a model on a task, of all rates.</summary>
    public IReadOnlyList<RunResult> RunsOf(string arm, GlueTask task) => [.. Results.Where(result => result.Arm == arm && result.Key.Task == task.Name)];

    /// <summary>The chosen rate; null while there is no result.</summary>
    public double? RateOf(string arm, GlueTask task) => LearningRateChoice.Best(RunsOf(arm, task), FullGrid);

    /// <summary>The runs at the chosen rate that did not fail, by seed.</summary>
    public IReadOnlyList<RunResult> ChosenRunsOf(string arm, GlueTask task) =>
        RateOf(arm, task) is { } rate ? [.. RunsOf(arm, task).Where(result => result.Failure is null && result.Key.LearningRate == rate).OrderBy(result => result.Key.Seed)] : [];

    /// <summary>The failed runs at the chosen rate, by seed; at all rates where none could be chosen.</summary>
    public IReadOnlyList<RunResult> FailuresOf(string arm, GlueTask task) =>
        [.. RunsOf(arm, task).Where(result => result.Failure is not null && (RateOf(arm, task) ?? result.Key.LearningRate) == result.Key.LearningRate).OrderBy(result => result.Key.Seed)];

    /// <summary>All failed runs.</summary>
    public IReadOnlyList<RunResult> Failed => [.. Results.Where(result => result.Failure is not null)];

    /// <summary>How many runs the chosen rate has: "5", or "4 of 5" where one failed.</summary>
    public string RunCount(string arm, GlueTask task)
    {
        var (runs, failures) = (ChosenRunsOf(arm, task).Count, FailuresOf(arm, task).Count);
        return failures == 0 ? $"{runs}" : $"{runs} of {runs + failures}";
    }

    /// <summary>The metrics that a task has results of, in the order of the tables.</summary>
    public IReadOnlyList<string> MetricsOf(GlueTask task) => [.. Results.Where(result => result.Key.Task == task.Name).SelectMany(result => result.Metrics).Select(metric => metric.Name).Distinct()];

    /// <summary>A metric over the seeds at the chosen rate; null while there is no result.</summary>
    public Statistics? Of(string arm, GlueTask task, string metric)
    {
        double[] values = [.. ChosenRunsOf(arm, task).SelectMany(run => run.Metrics).Where(value => value.Name == metric).Select(value => value.Value)];
        return values.Length > 0 ? Statistics.Of(values) : null;
    }

    /// <summary>The results of a model for GLUE's averages: of each metric the mean over the seeds.</summary>
    public IReadOnlyList<GlueResult> MeansOf(string arm) =>
    [
        .. from task in Tasks
           from metric in task.Metrics
           from split in new[] { GlueSplit.Dev, GlueSplit.DevMismatched }
           where task.Splits.Contains(split)
           let found = Of(arm, task, MetricValue.NameOf(metric, split))
           where found is not null
           select new GlueResult(task, split, metric, found.Mean),
    ];
}
