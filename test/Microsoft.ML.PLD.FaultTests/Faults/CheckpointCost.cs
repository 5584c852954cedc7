using System.Diagnostics;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>What a checkpoint costs a training: the time of steps with one in the background over that of steps without, in turn in one run.</summary>
internal static class CheckpointCost
{
    private const int Period = 8, Periods = 12;

    /// <returns>What went wrong.</returns>
    public static IReadOnlyList<string> Run()
    {
        using var work = new WorkFolder("cost");
        var text = new PreparedText(Path.Combine(work.Path, "text"));
        var config = BertConfig.Mini;
        var options = new PretrainingOptions { Steps = Period * (Periods + 1) + 1, LayerSchedule = new DenseSchedule(), ValidationInterval = long.MaxValue };
        var times = new StepTimes();
        var checkpoints = new CheckpointOptions { Folder = Path.Combine(work.Path, "checkpoints"), EverySteps = Period, KeepBest = false };
        new BertPretrainer(config, options, new RuntimeOptions { Device = "cpu" }, checkpoints).Train(text.CorpusFolder, text.Tokenizer, times).Dispose();

        // A period begins with the step that copies the weights; the file is written while the next ones run, and long before the period ends.
        var periods = times.Seconds[(Period - 1)..^1].Chunk(Period).Skip(1).Where(period => period.Length == Period).ToArray();
        var usual = Median([.. periods.SelectMany(period => period[(Period / 2)..])]);
        var cost = Median([.. periods.Select(period => period[..(Period / 2)].Sum() - Period / 2 * usual)]);
        var megabytes = Directory.EnumerateFiles(Directory.EnumerateDirectories(checkpoints.Folder).First()).Sum(file => new FileInfo(file).Length) / 1e6;
        var share = cost / new CheckpointOptions().Interval.TotalSeconds;
        Console.WriteLine(FormattableString.Invariant(
            $"12 x 256, batch 32: a step takes {usual * 1e3:F0} ms, a checkpoint of {megabytes:F0} MB costs {cost * 1e3:F0} ms (median of {periods.Length}): {share:P3} of the time at the default interval"));
        return share <= 0.01 ? [] : ["A checkpoint costs more than 1 % of the training time."];
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }

    private sealed class StepTimes : IProgress<TrainingProgress>
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();

        public List<double> Seconds { get; } = [];

        public void Report(TrainingProgress value)
        {
            Seconds.Add(_clock.Elapsed.TotalSeconds);
            _clock.Restart();
        }
    }
}
