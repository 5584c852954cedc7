namespace Compare;

/// <summary>What an arm gains over the baseline, for a pair of runs of the same seed.</summary>
internal static class Gains
{
    /// <summary>The share of the reference time of a sample that is saved.</summary>
    public static double? TimePerSample(RunResult baseline, RunResult arm) => 1 - arm.ReferenceSeconds / arm.Samples / (baseline.ReferenceSeconds / baseline.Samples);

    /// <summary>The share of the block FLOPs of a sample that is saved.</summary>
    public static double? FlopsPerSample(RunResult baseline, RunResult arm) => 1 - arm.BlockFlops / arm.Samples / (baseline.BlockFlops / baseline.Samples);

    /// <summary>The samples until the baseline's final loss, over the baseline's; null: never.</summary>
    public static double? SamplesToReach(RunResult baseline, RunResult arm) => Reach(baseline, arm, point => point.Samples) / baseline.Samples;

    /// <summary>The reference time until the baseline's final loss, over the baseline's; null: never.</summary>
    public static double? TimeToReach(RunResult baseline, RunResult arm) => Reach(baseline, arm, point => point.ReferenceSeconds) / baseline.ReferenceSeconds;

    /// <summary>Arm less baseline, when both had taken as long as the shorter one.</summary>
    public static (double Baseline, double Arm)? AtEqualTime(RunResult baseline, RunResult arm)
    {
        var time = Math.Min(baseline.ReferenceSeconds, arm.ReferenceSeconds);
        return At(baseline) is { } first && At(arm) is { } second ? (first, second) : null;

        double? At(RunResult run) => run.ReferenceSeconds <= time * 1.01 ? run.FinalLoss : LossCurve.At(run, time, point => point.ReferenceSeconds);
    }

    private static double? Reach(RunResult baseline, RunResult arm, Func<ValidationPoint, double> spent) =>
        baseline.FinalLoss is { } target ? LossCurve.Reaches(arm, target, spent) : null;
}
