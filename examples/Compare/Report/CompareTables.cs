using System.Globalization;
using Glue;

namespace Compare;

/// <summary>The tables of a report, from results alone.</summary>
internal static class CompareTables
{
    public static IReadOnlyList<ReportTable> Of(Summary summary, IReadOnlyDictionary<string, ReferenceTimes> times) =>
    [
        Results(summary),
        Against(summary),
        .. summary.Scores.Count > 0 ? [DownstreamScores(summary)] : Array.Empty<ReportTable>(),
        Arms(summary),
        Times(times),
    ];

    private static ReportTable Results(Summary summary)
    {
        var values = summary.PValues();
        return new("Results", ["arm", "final held-out loss", "difference from the baseline", "p", "steps", "samples", "block FLOPs", "reference seconds", "seconds by the clock"],
        [
            .. summary.Config.Arms.Select(arm => arm.Name).Select(arm => (string[])
            [
                arm + (summary.Failures(arm) is > 0 and var failed ? string.Create(CultureInfo.InvariantCulture, $" ({failed} diverged)") : ""),
                Spread(summary, arm, run => run.FinalLoss, "F4"),
                arm == summary.Baseline ? Figures.None : Figures.Difference(summary.FinalLoss(arm), "F4"), Figures.PValue(values.GetValueOrDefault(arm, double.NaN)),
                Spread(summary, arm, run => run.Steps, "N0"), Spread(summary, arm, run => run.Samples, "N0"), Spread(summary, arm, run => run.BlockFlops, "0.###e0"),
                Spread(summary, arm, run => run.ReferenceSeconds, "F2"), Spread(summary, arm, run => run.WallSeconds, "F2"),
            ]),
        ],
        "Mean ± standard deviation over seeds. The difference is that of runs of the same seed, with the half width of its 95 % interval; p is of the paired t-test, corrected by Holm. "
        + "Reference seconds: the sum over the steps that were taken of what their plans took on this machine when they were timed, without validations; seconds by the clock have them, and the disturbances.");
    }

    private static ReportTable Against(Summary summary) => new($"Against {summary.Baseline}",
        ["arm", "time saved per sample", "block FLOPs saved per sample", "samples to the baseline's final loss", "time to it", "times as fast", "difference at equal time"],
    [
        ["paper (PLD)", "24 %", Figures.None, "47 %", "40 %", "2.5", Figures.None],
        .. summary.Others.Select(arm => (string[])
        [
            arm, Percent(summary, arm, Gains.TimePerSample), Percent(summary, arm, Gains.FlopsPerSample), Percent(summary, arm, Gains.SamplesToReach), Percent(summary, arm, Gains.TimeToReach),
            Paired(summary, arm, (baseline, run) => 1 / Gains.TimeToReach(baseline, run), "F2"),
            Figures.Difference(summary.Config.Budget == BudgetUnit.Time ? summary.FinalLoss(arm)
                : PairedDifference.Of([.. summary.Pairs(arm).Select(pair => Gains.AtEqualTime(pair.Baseline, pair.Arm)).OfType<(double, double)>()]), "F4"),
        ]),
    ],
    "Mean ± standard deviation over pairs of runs of the same seed, in which the loss was reached at all. Samples and time to the baseline's final loss are in percent of the baseline's, read off the validations along straight "
    + "lines; the paper has 53 % fewer samples and 2.5 times the speed, for BERT-base. Time is reference time. Difference at equal time: arm less baseline, with the half width of its 95 % interval"
    + (summary.Config.Budget == BudgetUnit.Time ? "." : "; where a run goes on after that time, its learning rate had not decayed yet, and its loss is higher than that of a run made for that time. Only an equal-time budget compares that fairly."));

    private static ReportTable DownstreamScores(Summary summary) => new("Downstream", ["arm", .. summary.Config.Downstream!.Tasks.SelectMany(task => new[] { task, $"{task}: difference" })],
    [
        .. summary.Config.Arms.Select(arm => arm.Name).Select(arm => (string[])
        [
            arm, .. summary.Config.Downstream.Tasks.SelectMany(task => new[]
            {
                Figures.Spread([.. summary.ScoresOf(arm, task).Select(score => 100 * score.Score)], "F1", summary.Config.Seeds.Count),
                arm == summary.Baseline ? Figures.None : Points(summary.Downstream(arm, task)),
            }),
        ]),
    ],
    "In percent, mean ± standard deviation over seeds of pre-training; the difference with the half width of the 95 % interval of the paired t-test, not corrected. "
    + $"A task's score is the mean of its metrics: {string.Join("; ", summary.Scores.GroupBy(score => score.Task).Select(task => $"{task.Key}: {task.First().Metrics}"))}. All arms are fine-tuned alike, with one learning rate.");

    private static ReportTable Arms(Summary summary) => new("Arms", ["arm", "architecture", "learning rate", "batch", "schedule"],
    [
        .. summary.Config.Arms.Select(arm => (string[])
        [
            arm.Name, string.Create(CultureInfo.InvariantCulture, $"{arm.Model.Layers} x {arm.Model.HiddenSize}, {arm.Model.NormPlacement}LN"), Figures.Number(arm.Training.LearningRate.Peak, "0.##e0"),
            string.Create(CultureInfo.InvariantCulture, $"{arm.Training.BatchSize} x {arm.Training.SequenceLength}"), arm.Schedule + (arm.Training.PlanPerMicroBatch ? ", a plan for each micro-batch" : ""),
        ]),
    ],
    "The learning rate is the highest. It and the layer schedule decay over the arm's own steps, which follow from the budget.");

    private static ReportTable Times(IReadOnlyDictionary<string, ReferenceTimes> times) => new("Reference system time", ["steps of", "dense step, ms", "beside the blocks", "the same, lowest frozen", .. Enum.GetNames<PlanKind>()],
    [
        .. times.Select(kind => (string[])
        [
            kind.Key, Milliseconds(kind.Value.Dense), Milliseconds(kind.Value.Fixed), Milliseconds(kind.Value.FixedFrozen), .. Enum.GetValues<PlanKind>().Select(of => Milliseconds(kind.Value.PerShare[of])),
        ]),
    ],
    "In milliseconds, from the medians of steps of different plans, timed in turn on this machine before the comparison began. A step takes what is beside the blocks, and for each way "
    + "of running blocks the share of a dense step's block FLOPs times the number in its column.");

    private static string Milliseconds(double seconds) => Figures.Number(1000 * seconds, "F2");

    private static string Spread(Summary summary, string arm, Func<RunResult, double?> value, string format) => Figures.Spread([.. summary.Values(arm, value)], format, summary.Config.Seeds.Count);

    private static string Paired(Summary summary, string arm, Func<RunResult, RunResult, double?> value, string format) => Figures.Spread([.. summary.Paired(arm, value)], format, summary.Config.Seeds.Count);

    private static string Percent(Summary summary, string arm, Func<RunResult, RunResult, double?> value) =>
        summary.Paired(arm, value) is { Count: > 0 } values ? $"{Figures.Spread([.. values.Select(share => 100 * share)], "F1", summary.Config.Seeds.Count)} %" : "never";

    private static string Points(PairedDifference of) => Figures.Difference(new PairedDifference(of.Count, 100 * of.Mean, 100 * of.HalfWidth, of.PValue), "F1");
}
