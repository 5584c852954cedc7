using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Validation while fine-tuning: when, what becomes of it, and how a run ends.</summary>
[TestClass]
public sealed class FineTuningValidationTests
{
    private static readonly LabelledTexts Text = new(22), HeldOut = new(9, seed: 2);

    private static readonly FineTuningOptions Options = new()
    {
        Epochs = 2, BatchSize = 5, HiddenDropout = 0, AttentionDropout = 0, LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
    };

    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("pld-validation-").FullName, "checkpoints");

    [TestCleanup]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [TestMethod]
    [DataRow(0L, 0L, "5 10")] // after each epoch of 5 steps
    [DataRow(0L, 4L, "4 8 10")]
    [DataRow(7L, 0L, "5 7")] // the last step is always validated
    [DataRow(3L, 10L, "3")]
    public void ValidationsComeWhenTheyAreDue(long steps, long interval, string expected)
    {
        var log = new ProgressLog();
        Train(Options with { Steps = steps, ValidationInterval = interval }, log).Dispose();
        Assert.AreEqual(expected, string.Join(' ', log.Where(step => step.ValidationLoss is not null).Select(step => step.Step)));
        Assert.IsTrue(log.Where(step => step.ValidationLoss is not null).All(step => step.ValidationAccuracy is >= 0 and <= 1 && step.ValidationMetric is null));
    }

    [TestMethod]
    public void TheyMeasureTheModelOfTheirStep()
    {
        var log = new ProgressLog();
        using var trained = Train(Options with { ValidationMetric = ValidationMetric.MatthewsCorrelation, RestoreBest = false, Calibrate = false }, log);
        var outputs = trained.Predict(HeldOut.Texts, torch.float32);
        var expected = new ClassificationObjective(3).Measure(outputs, [.. HeldOut.Classes.Select(one => (double)one)], ValidationMetric.MatthewsCorrelation);
        Assert.AreEqual(expected.Loss, log[^1].ValidationLoss!.Value, 1e-5);
        Assert.AreEqual(expected.Accuracy, log[^1].ValidationAccuracy);
        Assert.AreEqual(expected.Metric!.Value, log[^1].ValidationMetric!.Value, 1e-9);
    }

    [TestMethod]
    public void ValidationsDoNotChangeTheTraining()
    {
        using var without = Train(Options, heldOut: false);
        using var with = Train(Options with { ValidationInterval = 1, RestoreBest = false });
        TestModel.AssertSameBits(without.Weights, with.Weights);
    }

    [TestMethod]
    public void TheModelIsThatOfTheBestValidationWithAndWithoutAFolder()
    {
        var kept = new Dictionary<long, Dictionary<string, int[]>>();
        foreach (var folder in new[] { null, _folder })
        {
            BertPredictor predictor = null!;
            var log = new ProgressLog();
            // The fourth of ten is the best.
            var scripted = new Scripted(step => step == 4 ? 0.9 : step / 100.0);
            using var trained = Train(Options with { ValidationInterval = 1, ValidationMetric = ValidationMetric.Accuracy }, log, scripted, new() { Folder = folder, EverySteps = 1, KeepLast = 1 }, onStep: step =>
            {
                kept[step] = TestModel.Bits(predictor.Weights);
            }, made: made => predictor = made);
            foreach (var (name, bits) in TestModel.Bits(trained.Weights)) CollectionAssert.AreEqual(kept[4][name], bits, name);
            Assert.IsFalse(kept[10]["classifier.weight"].SequenceEqual(kept[4]["classifier.weight"]));
        }
    }

    [TestMethod]
    public void TheMetricDecidesThenTheLossThenTheOrder()
    {
        Validation One(long step, double? metric, double? loss = null) => Validation.Of(step, new HeldOutResult(Loss: loss ?? 1.0 / step, Metric: metric));
        Assert.AreEqual(3, Validation.BestOf([One(1, 0.1), One(2, 0.5), One(3, 0.5), One(4, double.NaN)])!.Step, "of equal metrics that of the lower loss");
        Assert.AreEqual(2, Validation.BestOf([One(1, 0.1), One(2, 0.5, 1), One(3, 0.5, 1)])!.Step, "of equal losses, too, the first");
        Assert.AreEqual(3, Validation.BestOf([One(1, double.NaN), One(2, double.NaN), One(3, double.NaN)])!.Step, "where there is no metric, the loss decides");
        Assert.AreEqual(1, Validation.BestOf([One(1, 0.5, double.NaN), One(2, 0.4)])!.Step);
        Assert.IsNull(Validation.BestOf([One(1, null, double.NaN), One(2, double.NaN, double.NaN)]));
        Assert.AreEqual(2, Validation.BestOf([One(1, double.NaN), One(2, -0.9)])!.Step);
        Assert.AreEqual(9, Validation.BestOf([One(3, null), One(9, null), One(4, null)])!.Step, "without a metric the lowest loss");
        Assert.IsNull(Validation.BestOf([]));
    }

    [TestMethod]
    public void PatienceEndsTheRunAndResumingDoesNotGoOn()
    {
        var log = new ProgressLog();
        var options = Options with { ValidationInterval = 1, Patience = 3, ValidationMetric = ValidationMetric.Accuracy };
        var notices = new List<string>();
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest, EverySteps = 1 };
        using var stopped = Train(options, new Sink(log, notices), new Scripted(step => step == 2 ? 0.9 : 0.5), checkpoints);
        Assert.AreEqual("1 2 3 4 5", string.Join(' ', log.Select(step => step.Step)));
        StringAssert.Contains(string.Join(' ', notices), "Fine-tuning ends after step 5 of 10: the last 3 validations were no better than that of step 2.");
        StringAssert.Contains(string.Join(' ', notices), "The model is that of step 2, whose validation was the best.");

        var again = new ProgressLog();
        using var resumed = Train(options, again, new Scripted(_ => 0.1), checkpoints);
        Assert.HasCount(1, again, "there is no step to take");
        TestModel.AssertSameBits(stopped.Weights, resumed.Weights);
    }

    [TestMethod]
    public void ARunThatIsResumedAfterItsBestStepEndsWithTheSameWeights()
    {
        var options = Options with { ValidationInterval = 1, ValidationMetric = ValidationMetric.Accuracy };
        var scripted = new Scripted(step => step == 3 ? 0.9 : 0.5);
        using var straight = Train(options, objective: scripted);
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest, KeepLast = 1, EverySteps = 1 };
        var log = new ProgressLog();
        scripted.Step = 0;
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(options, log, scripted, checkpoints, checkAlive: () =>
        {
            if (log.Count == 6) throw new OperationCanceledException();
        }));
        scripted.Step = 6;
        using var resumed = Train(options, log, scripted, checkpoints);
        Assert.HasCount(10, log);
        TestModel.AssertSameBits(straight.Weights, resumed.Weights);
    }

    [TestMethod]
    public void WhereTheBestWeightsWereNotKeptTheNextBestAreAndItIsSaid()
    {
        var options = Options with { ValidationInterval = 1, ValidationMetric = ValidationMetric.Accuracy };
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest, KeepLast = 3, KeepBest = false, EverySteps = 1 };
        var log = new ProgressLog();
        var notices = new List<string>();
        var scripted = new Scripted(step => step switch { 2 => 0.9, 8 => 0.7, _ => 0.5 });
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(options, log, scripted, checkpoints, checkAlive: () =>
        {
            if (log.Count == 5) throw new OperationCanceledException();
        }));
        scripted.Step = 5;
        Train(options, new Sink(log, notices), scripted, checkpoints).Dispose();
        StringAssert.Contains(
            string.Join(' ', notices), "The model is that of step 8, whose validation was the best of those whose weights were kept; that of step 2 was better.");
    }

    [TestMethod]
    public void ARunThatIsStoppedInAValidationMakesItUp()
    {
        var options = Options with { ValidationInterval = 1, ValidationMetric = ValidationMetric.Accuracy };
        using var straight = Train(options, objective: new Scripted(step => step == 3 ? 0.9 : 0.5));
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest, KeepLast = 1, EverySteps = 1 };
        var stopping = new Scripted(step => step == 3 ? throw new OperationCanceledException() : 0.5);
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(options, objective: stopping, checkpoints: checkpoints));
        using var resumed = Train(options, objective: new Scripted(step => step == 3 ? 0.9 : 0.5) { Step = 2 }, checkpoints: checkpoints);
        TestModel.AssertSameBits(straight.Weights, resumed.Weights);
    }

    [TestMethod]
    public void AnotherMetricOrOtherHeldOutRowsAreRefusedAndWhenAllowedBeginAnew()
    {
        var options = Options with { ValidationInterval = 1, ValidationMetric = ValidationMetric.Accuracy };
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest, EverySteps = 1 };
        var log = new ProgressLog();
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(options, log, new Scripted(_ => 0.9), checkpoints, checkAlive: () =>
        {
            if (log.Count == 4) throw new OperationCanceledException();
        }));
        var other = options with { ValidationMetric = ValidationMetric.MatthewsCorrelation };
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Train(other, objective: new Scripted(_ => 0.1), checkpoints: checkpoints)).Message, "ValidationMetric: Accuracy in the checkpoint");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Train(options, checkpoints: checkpoints, heldOut: false)).Message, "ValidationData: ");

        using var allowed = Train(other, objective: new Scripted(step => step / 100.0), checkpoints: checkpoints with { AllowOptionChange = ["ValidationMetric"] });
        Assert.AreEqual(10, Checkpoint.Open(Path.Combine(_folder, "step-0000000010")).State.Best!.Step, "0.9 was another metric");
    }

    [TestMethod]
    public void ValidationLooksForAStopAndLeavesNoTensorsBehind()
    {
        using var predictor = Make();
        var task = Task(predictor, Options, new ClassificationObjective(3));
        Assert.ThrowsExactly<OperationCanceledException>(() => task.Validate(10, () => throw new OperationCanceledException()));
        Assert.ThrowsExactly<OperationCanceledException>(() => task.Finish(() => throw new OperationCanceledException()));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var best = new BestWeights(predictor.Weights))
        {
            for (var time = 0; time < 3; time++)
            {
                task.Validate(10, null);
                best.Take(10);
                best.Restore();
            }
            Assert.AreEqual(before + predictor.Weights.All.Count, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        task.Finish();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void WeightsThatAreRestoredAndRescaledAreThoseOfTheCopiesToo()
    {
        var objective = new Scripted(step => step == 4 ? 0.9 : 0.5);
        using var trained = Make();
        var task = new FineTuningTask(trained, objective, Text.Examples, HeldOut.Examples, Options with { ValidationInterval = 1, ValidationMetric = ValidationMetric.Accuracy }, TestCorpus.Runtime, torch.bfloat16);
        new TrainingLoop(task, new()).Run();
        trained.Rescale(3, 1);
        using var fresh = Make(); // makes its copies of these masters
        fresh.Weights.CopyFrom(trained.Weights);
        CollectionAssert.AreEqual(fresh.Predict(HeldOut.Texts, torch.bfloat16), trained.Predict(HeldOut.Texts, torch.bfloat16));
    }

    [TestMethod]
    public void FinishingCalibratesOnHeldOutRowsAndChangesNoAnswer()
    {
        using var predictor = Make();
        var task = Task(predictor, Options with { RestoreBest = false }, new ClassificationObjective(3));
        new TrainingLoop(task, new()).Run();
        var before = predictor.Predict(HeldOut.Texts, torch.float32);
        task.Finish();
        var after = predictor.Predict(HeldOut.Texts, torch.float32);
        var (scale, _) = new ClassificationObjective(3).Calibrate(before, [.. HeldOut.Classes.Select(one => (double)one)]);
        for (var i = 0; i < before.Length; i++) Assert.AreEqual(scale * before[i], after[i], 1e-5);

        using var plain = Make();
        var without = Task(plain, Options with { Calibrate = false }, new ClassificationObjective(3));
        before = plain.Predict(HeldOut.Texts, torch.float32);
        without.Finish();
        CollectionAssert.AreEqual(before, plain.Predict(HeldOut.Texts, torch.float32));
    }

    [TestMethod]
    public void TheBestWeightsCountInTheEstimateOfMemory()
    {
        using var predictor = Make();
        var with = Task(predictor, Options, new ClassificationObjective(3)).Memory(keepsCheckpoints: false);
        var without = Task(predictor, Options with { RestoreBest = false }, new ClassificationObjective(3)).Memory(keepsCheckpoints: false);
        Assert.AreEqual(predictor.Weights.Count * 4.0, with.Total - without.Total);
    }

    private static BertPredictor Make() => new(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, Pooling.Cls, torch.CPU, seed: 1);

    private static FineTuningTask Task(BertPredictor predictor, FineTuningOptions options, IObjective objective, bool heldOut = true) =>
        new(predictor, objective, Text.Examples, heldOut ? HeldOut.Examples : null, options, TestCorpus.Runtime, torch.float32);

    private static BertPredictor Train(
        FineTuningOptions options, IProgress<TrainingProgress>? progress = null, IObjective? objective = null, CheckpointOptions? checkpoints = null, bool heldOut = true,
        Action<long>? onStep = null, Action? checkAlive = null, Action<BertPredictor>? made = null)
    {
        var predictor = Make();
        made?.Invoke(predictor);
        progress ??= new ProgressLog();
        new TrainingLoop(
            Task(predictor, options, objective ?? new ClassificationObjective(3), heldOut), checkpoints ?? new(),
            onStep is null ? progress : new CombinedProgress([new Callback(onStep), progress]), checkAlive).Run();
        return predictor;
    }

    /// <summary>Trains as the real one, and measures what it is told to: validations come after every step.</summary>
    private sealed class Scripted(Func<long, double> metric) : IObjective
    {
        private readonly ClassificationObjective _real = new(3);

        public long Step { get; set; }

        public int Outputs => 3;

        public torch.Tensor Loss(torch.Tensor outputs, double[] targets, float[] weights) => _real.Loss(outputs, targets, weights);

        public HeldOutResult Measure(float[] outputs, double[] targets, ValidationMetric _) => new(Loss: 1, Accuracy: 0.5, Metric: metric(++Step));

        public bool Calibrates => false;

        public (double Scale, double Shift) Calibrate(float[] outputs, double[] targets) => (1, 0);
    }

    private sealed class Callback(Action<long> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value.Step);
    }

    private sealed class Sink(IProgress<TrainingProgress> inner, List<string> notices) : IProgress<TrainingProgress>, INoticeSink
    {
        public void Report(TrainingProgress value) => inner.Report(value);

        public void Notify(string stage, string notice) => notices.Add(notice);
    }
}
