namespace Compare;

/// <summary>What is known: all that reports are made from.</summary>
/// <param name="Config">What is compared.</param>
/// <param name="Results">The runs that have ended.</param>
/// <param name="Scores">What their encoders reach on tasks.</param>
internal sealed record Summary(ComparisonConfig Config, IReadOnlyList<RunResult> Results, IReadOnlyList<DownstreamScore> Scores)
{
    public string Baseline => Config.Baseline.Name;

    public IEnumerable<string> Others => Config.Arms.Skip(1).Select(arm => arm.Name);

    /// <summary>An arm's runs that have ended, failed ones too, by seed.</summary>
    public IReadOnlyList<RunResult> Of(string arm) => [.. Results.Where(result => result.Arm == arm).OrderBy(result => result.Seed)];

    /// <summary>The runs that reached their last step with a loss that is a number.</summary>
    public IReadOnlyList<RunResult> Whole(string arm) => [.. Of(arm).Where(run => run.FinalLoss is not null)];

    public int Failures(string arm) => Of(arm).Count(run => run.FinalLoss is null);

    /// <summary>A value of each run that has it.</summary>
    public IReadOnlyList<double> Values(string arm, Func<RunResult, double?> value) => [.. Whole(arm).Select(value).OfType<double>()];

    /// <summary>A value of an arm's runs, each with that of the baseline's run of its seed; without those that have none.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="value">Of a baseline's run and an arm's.</param>
    public IReadOnlyList<double> Paired(string arm, Func<RunResult, RunResult, double?> value) =>
        [.. Pairs(arm).Select(pair => value(pair.Baseline, pair.Arm)).OfType<double>()];

    public IReadOnlyList<(RunResult Baseline, RunResult Arm)> Pairs(string arm) =>
        [.. Whole(Baseline).Join(Whole(arm), run => run.Seed, run => run.Seed, (baseline, run) => (baseline, run))];

    /// <summary>The difference of the final losses.</summary>
    public PairedDifference FinalLoss(string arm) => PairedDifference.Of([.. Pairs(arm).Select(pair => (pair.Baseline.FinalLoss!.Value, pair.Arm.FinalLoss!.Value))]);

    /// <summary>The p-values of all arms but the baseline, corrected for their number.</summary>
    public IReadOnlyDictionary<string, double> PValues()
    {
        string[] arms = [.. Others];
        var corrected = PairedDifference.Holm([.. arms.Select(arm => FinalLoss(arm).PValue)]);
        return arms.Select((arm, i) => (arm, corrected[i])).ToDictionary();
    }

    /// <summary>The difference of the scores on a task.</summary>
    public PairedDifference Downstream(string arm, string task) => PairedDifference.Of(
        [.. ScoresOf(Baseline, task).Join(ScoresOf(arm, task), score => score.Seed, score => score.Seed, (baseline, score) => (baseline.Score, score.Score))]);

    public IReadOnlyList<DownstreamScore> ScoresOf(string arm, string task) =>
        [.. Scores.Where(score => score.Arm == arm && score.Task == task && double.IsFinite(score.Score)).OrderBy(score => score.Seed)];
}
