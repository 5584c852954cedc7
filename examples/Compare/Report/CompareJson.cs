using System.Text.Json;
using Glue;

namespace Compare;

/// <summary>What <c>--json</c> writes: a record for each arm, means over seeds, with those of each run within it.</summary>
internal static class CompareJson
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public static string Of(Summary summary) => JsonSerializer.Serialize(
        new
        {
            summary.Config.Title,
            Budget = JsonNamingPolicy.SnakeCaseLower.ConvertName(summary.Config.Budget.ToString()),
            summary.Baseline,
            summary.Config.Seeds,
            Verdict = Verdict.Of(summary),
            Arms = summary.Config.Arms.Select(arm => Arm(summary, arm.Name)).ToArray(),
        }, Json);

    private static object Arm(Summary summary, string arm)
    {
        var (difference, whole) = (summary.FinalLoss(arm), summary.Whole(arm));
        return new
        {
            Arm = arm,
            FinalValidationLoss = Mean(run => run.FinalLoss),
            FinalValidationLossDeviation = whole.Count > 1 ? (double?)Statistics.Of([.. whole.Select(run => run.FinalLoss!.Value)]).Deviation : null,
            ReferenceSeconds = Mean(run => run.ReferenceSeconds),
            WallSeconds = Mean(run => run.WallSeconds),
            Samples = Mean(run => run.Samples),
            BlockFlops = Mean(run => run.BlockFlops),
            Diverged = summary.Failures(arm),
            Difference = arm == summary.Baseline ? null : Defined(difference.Mean),
            DifferenceHalfWidth = arm == summary.Baseline ? null : Defined(difference.HalfWidth),
            PValue = summary.PValues().TryGetValue(arm, out var pValue) ? Defined(pValue) : null,
            Downstream = (summary.Config.Downstream?.Tasks ?? []).Where(task => summary.ScoresOf(arm, task).Count > 0).ToDictionary(task => task, task => summary.ScoresOf(arm, task).Average(score => score.Score)),
            Runs = summary.Of(arm).Select(run => new { run.Seed, run.Steps, FinalValidationLoss = run.FinalLoss, run.ReferenceSeconds, run.WallSeconds, run.Samples, run.BlockFlops, run.Failure }).ToArray(),
        };

        double? Mean(Func<RunResult, double?> value) => summary.Values(arm, value) is { Count: > 0 } values ? values.Average() : null;
    }

    // JSON has no NaN.
    private static double? Defined(double value) => double.IsFinite(value) ? value : null;
}
