using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What stops a fit, and what is left then.</summary>
[TestClass]
public sealed class FineTuningStopTests : FineTuningFixture
{
    [TestMethod]
    public void CancellingStopsBeforeTheNextStep()
    {
        using var source = new CancellationTokenSource();
        var log = new ProgressLog();
        var options = Options with { FineTuning = Options.FineTuning with { Steps = 1000 }, Progress = [log, new Callback(source.Cancel)], CancellationToken = source.Token };
        Assert.Throws<OperationCanceledException>(() => Fit(options));
        Assert.HasCount(1, log);
        Assert.Throws<OperationCanceledException>(() => Fit(options));
        Assert.HasCount(1, log);

        var mlContext = new MLContext(seed: 5);
        Assert.Throws<OperationCanceledException>(() => mlContext.MulticlassClassification.Trainers
            .PldBert(Options with { Progress = [log, new Callback(mlContext.CancelExecution)] }).Fit(Labelled(mlContext, TextRow.Make(20))));
        Assert.HasCount(2, log);
    }

    // Scoring the held-out rows for calibration looks at the same token, which stays cancelled.
    [TestMethod]
    [DataRow(CancellationResult.ReturnBest)]
    [DataRow(CancellationResult.ReturnLatest)]
    public void AStoppedFitReturnsItsModelWhereItIsToldTo(CancellationResult result)
    {
        using var source = new CancellationTokenSource();
        var log = new ProgressLog();
        using var stopped = Fit(Options with
        {
            FineTuning = Options.FineTuning with { Steps = 1_000, ValidationShare = 0.3, ValidationInterval = 1 },
            CancellationToken = source.Token,
            Checkpoints = new() { WhenCancelled = result },
            Progress = [log, new Callback(() => { if (log.Count == 3) source.Cancel(); })],
        });
        Assert.HasCount(4, log, "three steps, and the report of the stop");
        Assert.HasCount(2, Scores(stopped, TextRow.Make(1))[0]);
    }

    [TestMethod]
    public void ARunIsResumedWithoutASeedToo()
    {
        using var work = new TemporaryFolder();
        var options = Options with
        {
            Pretrained = Pretrained,
            FineTuning = Options.FineTuning with { Steps = 9 },
            Checkpoints = new() { Folder = work["checkpoints"], ResumeFrom = CheckpointOptions.Latest },
        };
        var log = new ProgressLog();
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Fit(options with { CancellationToken = source.Token, Progress = [log, new Callback(() => { if (log.Count == 4) source.Cancel(); })] }));
        var other = new MLContext();
        other.MulticlassClassification.Trainers.PldBert(options with { Progress = [log] }).Fit(Labelled(other, TextRow.Make(20))).Dispose();
        CollectionAssert.AreEqual(Enumerable.Range(1, 9).Select(step => (long)step).ToArray(), log.Select(step => step.Step).ToArray());
    }

    [TestMethod]
    public void AFitThatFailsFreesItsWeights()
    {
        Fail(); // what is made once is made
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Fail();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Fail()
        {
            using var source = new CancellationTokenSource();
            var log = new ProgressLog();
            Assert.Throws<OperationCanceledException>(() => Fit(Options with
            {
                CancellationToken = source.Token,
                FineTuning = Options.FineTuning with { Steps = 1_000 },
                Progress = [log, new Callback(source.Cancel)],
            }));
            Assert.AreEqual(1, log[0].Step, "It fails when there is a network.");
        }
    }

    private sealed class Callback(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }
}
