using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A run that was stopped and resumed is the run that was not, bit for bit.</summary>
[TestClass]
public sealed class ResumeTests
{
    private static readonly TestCorpus Text = new();

    // Everything that has a state or a random draw: dropout, gates, both objectives, accumulation, warm-up, decay of dropped blocks.
    private static readonly PretrainingOptions Everything = TestCorpus.Options with
    {
        Steps = 12,
        BatchSize = 7,
        NextSentencePrediction = true,
        WholeWordMasking = true,
        HiddenDropout = 0.1,
        AttentionDropout = 0.2,
        ValidationInterval = 3,
        LayerSchedule = new ProgressiveLayerDrop(0.5),
        LearningRate = new() { Peak = 3e-3, WarmupShare = 0.7 },
    };

    private readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("pld-resume-").FullName, "checkpoints");

    [ClassCleanup]
    public static void Cleanup() => Text.Dispose();

    [TestCleanup]
    public void Delete() => Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);

    [TestMethod]
    [DataRow(Precision.Float32, 1, 32, DroppedParameterRule.LeaveAlone)]
    [DataRow(Precision.Float32, 1, 2, DroppedParameterRule.DecayOnly)]
    [DataRow(Precision.Float32, 3, 2, DroppedParameterRule.LeaveAlone)]
    [DataRow(Precision.BFloat16, 1, 3, DroppedParameterRule.DecayOnly)]
    [DataRow(Precision.BFloat16, 2, 2, DroppedParameterRule.LeaveAlone)]
    public void PretrainingGoesOnBitForBit(Precision precision, int workers, int microBatchSize, DroppedParameterRule dropped)
    {
        var runtime = TestCorpus.Runtime with { Precision = precision, Workers = workers, MicroBatchSize = microBatchSize };
        var options = Everything with { Optimizer = new() { DroppedParameters = dropped } };
        var (whole, parts) = (new ProgressLog(), new ProgressLog());
        using var expected = Pretrain(options, runtime, new() { Folder = _folder + "-whole" }, whole);
        foreach (var stop in new[] { 1, 4, 5, 9 })
        {
            var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
            Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(options, runtime, checkpoints, parts, stopAfter: stop));
            Assert.AreEqual(stop, parts[^1].Step);
        }
        using var resumed = Pretrain(options, runtime, new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest }, parts);
        TestModel.AssertSameBits(expected.Weights, resumed.Weights);
        CollectionAssert.AreEqual(Figures(whole), Figures(parts));
        foreach (var file in new[] { "model.safetensors", "optimizer.safetensors", "config.json" })
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(_folder + "-whole", "step-0000000012", file)), File.ReadAllBytes(Path.Combine(_folder, "step-0000000012", file)), file);
    }

    private static readonly ILayerSchedule[] Schedules =
    [
        new Apollo(CopiedState.Copied, new(2, 0.4), new(3, 0.7)), // its copies are no longer the same when they are made twice
        new MultiStageLayerwise(CopiedState.Reset, new(2, 0.4), new(5, 0.7)),
        new ProgressiveStacking(CopiedState.Reset, new(2, 0.4), new(3, 1)), // grows after the last step
        new AdaptiveLayerDrop(0.3, measurements: 3), // between two measurements it knows the last one from the checkpoint
        new RandomSubnetworkGrowth(ResidualScaling.BlockDelta, new GrowthStage(3, 0.7)),
        new SequenceDrop(new ProgressiveLayerDrop(0.3)),
        new RandomTokenDrop(),
        new DropBackwardOnly(0.5, 2),
        new ComposedSchedule((new ProgressiveStacking(CopiedState.Copied, new GrowthStage(2, 0.5)), 0.4), (new SequenceDrop(new AdaptiveLayerDrop(0.3, measurements: 3)), 1)),
    ];

    public static IEnumerable<object[]> ScheduleNames => Schedules.Select((schedule, index) => new object[] { $"{schedule.GetType().Name} {index}" });

    private static PretrainingOptions With(string schedule) => Everything with { LayerSchedule = Schedules[int.Parse(schedule.Split(' ')[1], null)] };

    [TestMethod]
    [DynamicData(nameof(ScheduleNames))]
    public void AnyScheduleGoesOnBitForBit(string schedule)
    {
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        var (whole, parts) = (new ProgressLog(), new ProgressLog());
        using var expected = Pretrain(With(schedule), TestCorpus.Runtime, new(), whole);
        // 5 and 8 are the last steps of stages: what stops there has grown already.
        foreach (var stop in new[] { 4, 5, 8, 9 }) Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(With(schedule), TestCorpus.Runtime, checkpoints, parts, stopAfter: stop));
        using var resumed = Pretrain(With(schedule), TestCorpus.Runtime, checkpoints, parts);
        TestModel.AssertSameBits(expected.Weights, resumed.Weights);
        CollectionAssert.AreEqual(Figures(whole), Figures(parts));
    }

    [TestMethod]
    [DynamicData(nameof(ScheduleNames))]
    public void HowAStepIsCutChangesRoundingOnly(string schedule)
    {
        var (whole, cut) = (new ProgressLog(), new ProgressLog());
        var options = With(schedule) with { Optimizer = new() { Epsilon = 1e-2 } }; // of gradients near 0, Adam's usual one makes steps as large as of any
        using var expected = Pretrain(options, TestCorpus.Runtime with { Workers = 1 }, new(), whole);
        using var parts = Pretrain(options, TestCorpus.Runtime with { MicroBatchSize = 2, Workers = 3 }, new(), cut);
        CollectionAssert.AreEqual(whole.Select(step => Math.Round(step.BlockShare, 9)).ToArray(), cut.Select(step => Math.Round(step.BlockShare, 9)).ToArray());
        foreach (var (name, weights) in parts.Weights.Tensors)
            Assert.IsLessThanOrEqualTo(1e-5, weights.data<float>().Zip(expected.Weights.Tensors[name].data<float>(), (a, b) => Math.Abs(a - b)).Max(), name);
    }

    [TestMethod]
    public void PlansOfMicroBatchesGoOnBitForBit()
    {
        var (options, runtime) = (Everything with { PlanPerMicroBatch = true }, TestCorpus.Runtime with { MicroBatchSize = 2 });
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        using var expected = Pretrain(options, runtime, new(), new ProgressLog());
        var parts = new ProgressLog();
        foreach (var stop in new[] { 2, 7 }) Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(options, runtime, checkpoints, parts, stopAfter: stop));
        using var resumed = Pretrain(options, runtime, checkpoints, parts);
        TestModel.AssertSameBits(expected.Weights, resumed.Weights);
    }

    [TestMethod]
    public void ValidationsWithOtherTextAreNotComparedWithThoseOfBefore()
    {
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(Everything, TestCorpus.Runtime, checkpoints, new ProgressLog(), stopAfter: 6));
        Assert.HasCount(2, Checkpoint.Open(Path.Combine(_folder, "step-0000000006")).State.Validations);
        Pretrain(Everything with { ValidationSeed = 9 }, TestCorpus.Runtime, checkpoints, new ProgressLog()).Dispose();
        CollectionAssert.AreEqual(
            new[] { 6L, 9, 12 }, Checkpoint.Open(Path.Combine(_folder, "step-0000000012")).State.Validations.Select(validation => validation.Step).ToArray(), "that of step 6 anew");
    }

    [TestMethod]
    [DataRow(Precision.Float32)]
    [DataRow(Precision.BFloat16)]
    public void FineTuningGoesOnBitForBit(Precision precision)
    {
        // 22 rows in batches of 5: epochs of 5 steps, of which the last is short.
        var options = new FineTuningOptions
        {
            Steps = 13, BatchSize = 5, HiddenDropout = 0.1, AttentionDropout = 0.2, LayerSchedule = new ProgressiveLayerDrop(0.3), LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
        };
        var (whole, parts) = (new ProgressLog(), new ProgressLog());
        using var expected = FineTune(options, precision, new(), whole);
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        foreach (var stop in new[] { 2, 5, 9 })
            Assert.ThrowsExactly<OperationCanceledException>(() => FineTune(options, precision, checkpoints, parts, stopAfter: stop));
        using var resumed = FineTune(options, precision, checkpoints, parts);
        TestModel.AssertSameBits(expected.Weights, resumed.Weights);
        CollectionAssert.AreEqual(Figures(whole), Figures(parts));
    }

    [TestMethod]
    public void ARunThatIsKilledGoesOnFromItsLastCheckpoint()
    {
        var (whole, after) = (new ProgressLog(), new ProgressLog());
        using var expected = Pretrain(Everything, TestCorpus.Runtime, new(), whole);
        // Nothing is written when it dies: an exception that is no cancellation stands for the kill.
        Assert.ThrowsExactly<InvalidTimeZoneException>(() => Pretrain(
            Everything, TestCorpus.Runtime, new() { Folder = _folder, EverySteps = 4, KeepBest = false }, new ProgressLog(), stopAfter: 10, with: new InvalidTimeZoneException()));
        using var resumed = Pretrain(Everything, TestCorpus.Runtime, new() { Folder = _folder, ResumeFrom = CheckpointOptions.Latest }, after);
        Assert.AreEqual(9, after[0].Step);
        StringAssert.Contains(after[0].Notices[0], ", after step 8 of 12.");
        TestModel.AssertSameBits(expected.Weights, resumed.Weights);
        CollectionAssert.AreEqual(Figures(whole)[8..], Figures(after));
    }

    [TestMethod]
    public void ARunThatHasEndedGivesItsModelAgain()
    {
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        using var first = Pretrain(Everything, TestCorpus.Runtime, checkpoints, new ProgressLog());
        var log = new ProgressLog();
        using var second = Pretrain(Everything, TestCorpus.Runtime, checkpoints, log);
        TestModel.AssertSameBits(first.Weights, second.Weights);
        Assert.HasCount(1, log);
        Assert.AreEqual(1.0, log[0].Share);
    }

    [TestMethod]
    public void OtherOptionsAreRefusedByNameUnlessAllowed()
    {
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(Everything, TestCorpus.Runtime, checkpoints, new ProgressLog(), stopAfter: 3));
        var other = Everything with { BatchSize = 5, LearningRate = Everything.LearningRate with { Peak = 1e-3 }, LayerSchedule = new ProgressiveLayerDrop(0.7), Seed = 7 };
        var refused = Assert.ThrowsExactly<InvalidOperationException>(() => Pretrain(other, TestCorpus.Runtime, checkpoints, new ProgressLog()));
        foreach (var part in new[]
        {
            "BatchSize: 7 in the checkpoint, 5 now", "LearningRate.Peak: 0.003 in the checkpoint, 0.001 now", "LayerSchedule.ThetaBar: 0.5 in the checkpoint, 0.7 now",
            "Seed: 1 in the checkpoint, 7 now", "AllowOptionChange",
        })
            StringAssert.Contains(refused.Message, part);

        var allowed = checkpoints with { AllowOptionChange = ["BatchSize", "LearningRate", "LayerSchedule", "Seed"] };
        Pretrain(other, TestCorpus.Runtime, allowed, new ProgressLog()).Dispose();
        var unknown = Assert.ThrowsExactly<ArgumentException>(() => Pretrain(other, TestCorpus.Runtime, checkpoints with { AllowOptionChange = ["BatchSise"] }, new ProgressLog()));
        StringAssert.Contains(unknown.Message, "'BatchSise'; expected one of: AttentionDropout, BatchSize,");
    }

    [TestMethod]
    public void OtherArchitecturesDataAndVocabulariesAreRefused()
    {
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(Everything, TestCorpus.Runtime, checkpoints, new ProgressLog(), stopAfter: 3));
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => new BertPretrainer(TestCorpus.Config with { Layers = 4 }, Everything, TestCorpus.Runtime, checkpoints)
                .Train(Text.Corpus, Text.Tokenizer, null, () => { })).Message,
            "Config.Layers: 5 in the checkpoint, 4 now");
        using var other = new TestCorpus(documents: 41);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => new BertPretrainer(TestCorpus.Config, Everything, TestCorpus.Runtime, checkpoints)
                .Train(other.Corpus, other.Tokenizer, null, () => { })).Message, "Data: ");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => FineTune(new(), Precision.Float32, checkpoints, new ProgressLog())).Message, "is of Pre-training, and this is Fine-tuning");
    }

    [TestMethod]
    public void OptionsThatChangeNoWeightMayDiffer()
    {
        var checkpoints = new CheckpointOptions { Folder = _folder, ResumeFrom = CheckpointOptions.Latest };
        Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(Everything, TestCorpus.Runtime, checkpoints, new ProgressLog(), stopAfter: 3));
        using var expected = Pretrain(Everything, TestCorpus.Runtime, new(), new ProgressLog());
        var otherValidations = Everything with { ValidationInterval = 5, ValidationSequences = 3 };
        Assert.ThrowsExactly<OperationCanceledException>(() => Pretrain(otherValidations, TestCorpus.Runtime, checkpoints, new ProgressLog(), stopAfter: 6));
        using (var same = Pretrain(otherValidations, TestCorpus.Runtime, new() { ResumeFrom = Path.Combine(_folder, "step-0000000006") }, new ProgressLog()))
            TestModel.AssertSameBits(expected.Weights, same.Weights);

        var log = new ProgressLog();
        using var resumed = Pretrain(otherValidations, TestCorpus.Runtime with { MicroBatchSize = 3 }, checkpoints, log);
        foreach (var (name, weights) in resumed.Weights.Tensors)
            Assert.IsLessThanOrEqualTo(1e-5, weights.data<float>().Zip(expected.Weights.Tensors[name].data<float>(), (a, b) => Math.Abs(a - b)).Max(), name);
        StringAssert.Contains(string.Join(' ', log[0].Notices), "not bit for bit: MicroBatchSize: 7 in the checkpoint, 3 now");
    }

    [TestMethod]
    public void AFolderWithCheckpointsIsNotWrittenOverByAnotherRun()
    {
        Pretrain(Everything, TestCorpus.Runtime, new() { Folder = _folder }, new ProgressLog()).Dispose();
        var refused = Assert.ThrowsExactly<InvalidOperationException>(() => Pretrain(Everything, TestCorpus.Runtime, new() { Folder = _folder }, new ProgressLog()));
        StringAssert.Contains(refused.Message, "has checkpoints already");
        StringAssert.Contains(refused.Message, "Set ResumeFrom to 'latest'");
    }

    [TestMethod]
    public void ABranchFromAnOlderCheckpointTakesAFolderOfItsOwn()
    {
        Pretrain(Everything, TestCorpus.Runtime, new() { Folder = _folder, EverySteps = 4, KeepLast = 9, KeepBest = false }, new ProgressLog()).Dispose();
        var older = Path.Combine(_folder, "step-0000000004");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Pretrain(Everything, TestCorpus.Runtime, new() { Folder = _folder, ResumeFrom = older }, new ProgressLog())).Message,
            "has a later checkpoint than");
        foreach (var folder in new[] { null, _folder + "-branch" })
        {
            var log = new ProgressLog();
            Pretrain(Everything, TestCorpus.Runtime, new() { Folder = folder, ResumeFrom = older }, log).Dispose();
            Assert.AreEqual(5, log[0].Step);
        }
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => Pretrain(Everything, TestCorpus.Runtime, new() { ResumeFrom = older + "x" }, new ProgressLog()));
    }

    [TestMethod]
    public void TwoRunsCannotHaveOneFolder()
    {
        using var store = new CheckpointStore(_folder);
        StringAssert.Contains(
            Assert.ThrowsExactly<IOException>(() => Pretrain(Everything, TestCorpus.Runtime, new() { Folder = _folder }, new ProgressLog())).Message, "another training");
    }

    [TestMethod]
    public void ACheckpointIsAModelFolderToo()
    {
        using var trained = Pretrain(Everything with { NextSentencePrediction = false }, TestCorpus.Runtime, new() { Folder = _folder }, new ProgressLog());
        using var read = BertModel.FromPretrained(Path.Combine(_folder, "step-0000000012"));
        TestModel.AssertSameBits(trained.Weights, read.Weights);
    }

    private static BertModel Pretrain(
        PretrainingOptions options, RuntimeOptions runtime, CheckpointOptions checkpoints, ProgressLog log, int? stopAfter = null, Exception? with = null) =>
        new BertPretrainer(TestCorpus.Config, options, runtime, checkpoints).Train(Text.Corpus, Text.Tokenizer, log, Stop(log, stopAfter, with));

    private static BertPredictor FineTune(FineTuningOptions options, Precision precision, CheckpointOptions checkpoints, ProgressLog log, int? stopAfter = null)
    {
        var text = new LabelledTexts(22);
        var classifier = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, options.Pooling, torch.CPU, seed: 1);
        try
        {
            var type = precision == Precision.Float32 ? torch.float32 : torch.bfloat16;
            new TrainingLoop(new FineTuningTask(classifier, new ClassificationObjective(3), text.Examples, heldOut: null, options, TestCorpus.Runtime, type), checkpoints, log, Stop(log, stopAfter)).Run();
            return classifier;
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private static Action Stop(ProgressLog log, int? after, Exception? with = null) => () =>
    {
        if (log.Count > 0 && log[^1].Step == after) throw with ?? new OperationCanceledException();
    };

    private static (long, double, double, double, double?, double?)[] Figures(ProgressLog log) =>
        [.. log.Select(step => (step.Step, step.Loss, step.LearningRate, step.GradientNorm, step.ValidationLoss, step.ValidationAccuracy))];
}
