using System.Diagnostics;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>The search for learning rates and the runs with all seeds, for each task and model; what is finished already is not done again.</summary>
internal sealed class Benchmark(Settings settings, RuntimeOptions runtime, WorkFolder work, ResultStore store, IReadOnlyList<Arm> arms, IReadOnlyList<TaskData> tasks, TaskData diagnostics, IBoard board)
{
    /// <summary>What is known so far.</summary>
    public Summary Summary() => new([.. arms.Select(arm => arm.Name)], [.. tasks.Select(data => data.Task)], [.. Known()], settings.FullGrid);

    /// <param name="finished">Called after each run.</param>
    /// <param name="cancellationToken">Stops it; what runs is kept as a checkpoint.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(Action finished, CancellationToken cancellationToken)
    {
        var fineTuning = new FineTuning(runtime, cancellationToken);
        foreach (var data in tasks)
            foreach (var arm in arms)
            {
                var rates = settings.RatesFor(data.Task);
                for (var seed = 1; seed <= settings.Seeds; seed++)
                {
                    if (seed > 1 && !settings.FullGrid) rates = LearningRateChoice.Best(Known().Where(IsOf(arm, data)), fullGrid: false) is { } best ? [best] : [];
                    foreach (var rate in rates)
                    {
                        var key = RunKey.Of(settings, runtime, arm, data, rate, seed);
                        if (store.Find(key) is { } known && !(settings.Retry && known.Failure is not null))
                        {
                            board.Skip(arm, known);
                            continue;
                        }
                        Run(fineTuning, arm, data, key, cancellationToken);
                        finished();
                    }
                }
                if (settings is { Submission: true, Retry: true } && Best(arm, data) is { } unread && !IsCurrent(TestPredictions.Read(work.Predictions(unread.Key)), data))
                {
                    File.Delete(work.Predictions(unread.Key));
                    Run(fineTuning, arm, data, unread.Key, cancellationToken);
                    finished();
                }
            }
    }

    /// <summary>The predictions for a submission of an arm, and a note for each task that has none.</summary>
    public (IReadOnlyList<GluePredictions> Predictions, IReadOnlyList<string> Notes) Submission(Arm arm)
    {
        var (predictions, notes) = (new List<GluePredictions>(), new List<string>());
        foreach (var data in tasks)
        {
            if (Best(arm, data) is not { } best) continue;
            var kept = TestPredictions.Read(work.Predictions(best.Key));
            if (!IsCurrent(kept, data))
                notes.Add($"{arm.Name} has no predictions for the test set of {data.Task}: its best run was made with --no-submission, or with other test files or none. --retry makes it again.");
            else if (kept is not null)
            {
                predictions.AddRange(kept.ForSubmission());
                if (kept.Run != best.Key.Id()) notes.Add($"{arm.Name}'s predictions for {data.Task} are those of another run than the best of this report.");
            }
        }
        return (predictions, notes);
    }

    private RunResult? Best(Arm arm, TaskData data) => Known().Where(IsOf(arm, data)).Where(result => result.Failure is null).MaxBy(result => result.Score());

    private bool IsCurrent(TestPredictions? kept, TaskData data) => kept is null ? !data.TestSplits.Any() : kept.Data == TestFingerprint(data);

    // MNLI's model predicts the diagnostic set, too.
    private string TestFingerprint(TaskData data) => data.TestFingerprint + (data.Task.Name == "MNLI" ? diagnostics.TestFingerprint : "");

    private IEnumerable<RunResult> Known() =>
        from data in tasks
        from arm in arms
        from seed in Enumerable.Range(1, settings.Seeds)
        from rate in settings.RatesFor(data.Task)
        let result = store.Find(RunKey.Of(settings, runtime, arm, data, rate, seed))
        where result is not null
        select result with { Arm = arm.Name }; // it may have had another name then

    private static Func<RunResult, bool> IsOf(Arm arm, TaskData data) => result => result.Arm == arm.Name && result.Key.Task == data.Task.Name;

    private void Run(FineTuning fineTuning, Arm arm, TaskData data, RunKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var checkpoints = work.Checkpoints(key);
        var clock = Stopwatch.StartNew();
        using var watch = board.Begin(arm, key);
        try
        {
            using var model = StaleCheckpoint.FitAnew(() => fineTuning.Fit(arm, data, key, checkpoints, watch), checkpoints, board.Say);
            var trained = clock.Elapsed;
            MetricValue[] metrics = [.. data.DevSplits.SelectMany(split => data.Task.Evaluate(split, Labels(data.Read(split)), model.Predict(data.Read(split)))).Select(MetricValue.Of)];
            var result = Result(metrics, clock.Elapsed - trained + TimeSpan.FromSeconds(Math.Max(trained.TotalSeconds, watch.TrainingTime.TotalSeconds)));
            if (settings.Submission) KeepPredictions(model, data, result);
            store.Add(result);
            WorkFolder.Delete(checkpoints);
            watch.End(result);
        }
        catch (TrainingDivergedException failure)
        {
            // A result, too: it would fail again, and a mean without it would be too good.
            var result = Result([], watch.TrainingTime) with { Failure = failure.Message };
            store.Add(result);
            WorkFolder.Delete(checkpoints);
            board.Say($"{BoardText.Name(arm.Name, key)}: {BoardText.Outcome(result)}");
        }
        catch (InvalidOperationException failure)
        {
            throw new UsageException($"{BoardText.Name(arm.Name, key)}: {failure.Message}");
        }

        RunResult Result(IReadOnlyList<MetricValue> metrics, TimeSpan time) => new()
        {
            Key = key, Arm = arm.Name, Metrics = metrics, Steps = watch.Steps, Seconds = time.TotalSeconds,
            Build = RunKey.LibraryBuild, Machine = ThisMachine.Name, Finished = DateTimeOffset.UtcNow,
        };
    }

    private static IEnumerable<float> Labels(GlueData data) => data.Examples.Select(example => example.Label ?? throw new InvalidDataException($"'{data.Path}' has an example without a label."));

    // Before the result is: a kill in between makes the run again, and the predictions with it.
    private void KeepPredictions(FineTuning.Model model, TaskData data, RunResult result)
    {
        var path = work.Predictions(result.Key);
        if (TestPredictions.Read(path) is { } kept && IsCurrent(kept, data) && kept.Run != result.Key.Id() && kept.Score >= result.Score()) return;
        var files = data.TestSplits.Select(split => Predict(data, split)).ToList();
        if (data.Task.Name == "MNLI") files.AddRange(diagnostics.TestSplits.Select(split => Predict(diagnostics, split)));
        if (files.Count > 0) new TestPredictions(result.Key.Id(), result.Score(), files, TestFingerprint(data)).Write(path);

        TestPredictions.Of Predict(TaskData of, GlueSplit split) => new(of.Task.Name, split, model.Predict(of.Read(split)));
    }
}
