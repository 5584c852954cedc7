using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class FineTuningLoopTests
{
    // 22 rows: the last batch of an epoch is short.
    private static readonly LabelledTexts Text = new(22);

    private static readonly FineTuningOptions Options = new()
    {
        Steps = 6, BatchSize = 5, HiddenDropout = 0, AttentionDropout = 0, LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
    };

    [TestMethod]
    public void AToyTaskIsLearntFromScratch()
    {
        foreach (var (pooling, schedule) in new (Pooling, ILayerSchedule)[] { (Pooling.Cls, new DenseSchedule()), (Pooling.Cls, new ProgressiveLayerDrop(0.9)) })
        {
            var log = new ProgressLog();
            var options = new FineTuningOptions
            {
                Steps = 150, BatchSize = 16, Pooling = pooling, LayerSchedule = schedule, HiddenDropout = 0.05, LearningRate = new() { Peak = 5e-3, WarmupShare = 0.1 },
            };
            using var classifier = Train(options, text: new LabelledTexts(600), progress: log);
            var unseen = new LabelledTexts(99, seed: 2);
            var scores = classifier.Predict(unseen.Texts, torch.float32).Chunk(3).ToArray();
            Assert.IsGreaterThan(0.9, scores.Zip(unseen.Classes, (row, right) => row.IndexOf(row.Max()) == right ? 1.0 : 0).Average(), $"{pooling} {schedule}");
            Assert.AreEqual(Math.Log(3), log[0].Loss, 0.4, "an untrained model knows nothing of 3 equally frequent classes");
            Assert.IsLessThan(0.4, log.TakeLast(10).Average(step => step.Loss));
        }
    }

    [TestMethod]
    public void TheSameOptionsGiveTheSameWeightsBitForBit()
    {
        foreach (var options in new[] { Options, Options with { HiddenDropout = 0.1, AttentionDropout = 0.2, LayerSchedule = new ProgressiveLayerDrop(0.3) } })
        {
            using var one = Train(options);
            torch.rand(7).Dispose(); // the global generator has nothing to do with it
            using var two = Train(options);
            TestModel.AssertSameBits(one.Weights, two.Weights);
        }
    }

    [TestMethod]
    public void TheSeedDrawsRowsDropoutAndBlocks()
    {
        foreach (var options in new[]
        {
            Options, Options with { BatchSize = 22, HiddenDropout = 0.1 }, Options with { BatchSize = 22, AttentionDropout = 0.1 },
            Options with { BatchSize = 22, LayerSchedule = new ProgressiveLayerDrop(0.3) },
        })
        {
            var (one, two) = (new ProgressLog(), new ProgressLog());
            Train(options, progress: one).Dispose(); // of the same initial weights
            Train(options with { Seed = 2 }, progress: two).Dispose();
            CollectionAssert.AreNotEqual(one.Select(step => step.Loss).ToArray(), two.Select(step => step.Loss).ToArray());
        }
    }

    [TestMethod]
    public void TheMicroBatchSizeDoesNotChangeTheResult()
    {
        // A large epsilon, so that Adam does not amplify rounding where a true gradient is 0 (key biases).
        var options = Options with { Optimizer = new() { Epsilon = 1e-2 } };
        using var whole = Train(options);
        foreach (var size in new[] { 1, 2, 4 })
        {
            using var parts = Train(options, runtime: TestCorpus.Runtime with { MicroBatchSize = size });
            for (var i = 0; i < whole.Weights.All.Count; i++)
            {
                var (name, expected) = whole.Weights.All[i];
                var difference = expected.data<float>().Zip(parts.Weights.All[i].Value.data<float>(), (a, b) => Math.Abs(a - b)).Max();
                Assert.IsLessThanOrEqualTo(2e-6, difference, $"micro-batches of {size}: {name}");
            }
        }
    }

    [TestMethod]
    [DataRow(1, 5, 0L, 5L)] // 22 rows: 5 + 5 + 5 + 5 + 2
    [DataRow(3, 5, 0L, 15L)]
    [DataRow(2, 22, 0L, 2L)]
    [DataRow(2, 100, 0L, 2L)]
    [DataRow(3, 11, 0L, 6L)]
    [DataRow(3, 5, 2L, 2L)]
    [DataRow(1, 5, 7L, 7L)] // more than an epoch
    public void StepsAndEpochsAreCounted(int epochs, int batchSize, long steps, long expected)
    {
        var log = new ProgressLog();
        Train(Options with { Epochs = epochs, BatchSize = batchSize, Steps = steps }, progress: log).Dispose();
        CollectionAssert.AreEqual(Enumerable.Range(1, (int)expected).Select(step => (long)step).ToArray(), log.Select(step => step.Step).ToArray());
        Assert.IsTrue(log.All(step => step.TotalSteps == expected && step.Stage == "Fine-tuning"));
        Assert.AreEqual(1.0, log[^1].Share);
    }

    [TestMethod]
    public void ReportsTellTheScheduleAndTheRate()
    {
        var log = new ProgressLog();
        var options = Options with { Steps = 10, LayerSchedule = new ProgressiveLayerDrop(0.3) };
        Train(options, progress: log).Dispose();
        for (var step = 0; step < 10; step++)
        {
            var plan = options.LayerSchedule.PlanAt(step, 10, 5, options.RunSeed);
            Assert.AreEqual((plan.Theta, plan.Runs.Count, 5), (log[step].Theta, log[step].BlocksRun, log[step].Blocks));
            Assert.AreEqual(options.LearningRate.At(step, 10), log[step].LearningRate);
            Assert.IsGreaterThan(0.0, log[step].GradientNorm);
        }
        Assert.IsGreaterThan(1, log.Select(step => step.BlocksRun).Distinct().Count());
    }

    [TestMethod]
    public void ABlockThatNeverRunsKeepsItsWeightsBitForBit()
    {
        using var untrained = Train(Options, checkAlive: () => throw new OperationCanceledException());
        using var trained = Train(Options with { LayerSchedule = new OnlyBlocks(1, 2) });
        var (before, after) = (TestModel.Bits(untrained.Weights), TestModel.Bits(trained.Weights));
        foreach (var (name, bits) in before)
        {
            var left = new[] { 0, 3, 4 }.Any(block => name.StartsWith(SwitchableEncoder.BlockName(block), StringComparison.Ordinal));
            Assert.AreEqual(left, bits.SequenceEqual(after[name]), name);
        }
    }

    [TestMethod]
    public void TheNumberOfLiveTensorsStaysFlat()
    {
        var counts = new List<long>();
        var options = Options with { Steps = 300, HiddenDropout = 0.1, AttentionDropout = 0.1 };
        Train(options, progress: new Callback(() => counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount))).Dispose();
        Assert.HasCount(300, counts);
        Assert.HasCount(1, counts.Skip(2).Distinct(), string.Join(' ', counts));
    }

    [TestMethod]
    public void StoppingStopsBeforeTheNextStep()
    {
        var log = new ProgressLog();
        using var classifier = Train(Options, progress: log, checkAlive: () =>
        {
            if (log.Count == 3) throw new OperationCanceledException();
        });
        Assert.HasCount(3, log);
    }

    [TestMethod]
    public void DivergenceIsSaidWithItsLearningRate()
    {
        var options = Options with { Steps = 50, LearningRate = new() { Peak = 1e30, WarmupShare = 0 }, Optimizer = new() { MaxGradientNorm = 0 } };
        StringAssert.Contains(Assert.ThrowsExactly<TrainingDivergedException>(() => Train(options)).Message, "Training has diverged");
    }

    [TestMethod]
    public void AllProblemsOfTheOptionsAreNamed()
    {
        var problems = string.Join(" ", new FineTuningOptions
        {
            Epochs = 0, Steps = -1, BatchSize = 0, MaxLength = 4, LayerSchedule = null!, HiddenDropout = 1, AttentionDropout = -0.1, Pooling = (Pooling)7,
            LearningRate = new() { Peak = 0 }, Optimizer = new() { Beta2 = 1 },
        }.Problems());
        foreach (var part in new[]
        {
            "Epochs is 0", "Steps is -1", "BatchSize is 0", "MaxLength is 4", "LayerSchedule is null", "HiddenDropout is 1", "AttentionDropout is -0.1", "Pooling is 7",
            "LearningRate.Peak is 0", "Optimizer.Beta2 is 1",
        })
            StringAssert.Contains(problems, part);
        Assert.IsEmpty(new FineTuningOptions().Problems());
        Assert.IsEmpty(Options.Problems());
        StringAssert.Contains(string.Join(" ", new FineTuningOptions { MaxLength = 24 }.Problems(TestCorpus.Config)), "MaxLength is 24, but the model has 23 positions");
    }

    [TestMethod]
    public void MissingPartsOfTheOptionsAreNamed()
    {
        CollectionAssert.AreEqual(
            new[] { "LearningRate is null; leave it out for the default, or set for example new LearningRateSchedule { Peak = 1e-4, WarmupShare = 0.1 }.", "Optimizer is null; expected for example new AdamWOptions()." },
            new FineTuningOptions { LearningRate = null!, Optimizer = null! }.Problems().ToArray());
        CollectionAssert.AreEqual(
            new[] { "LearningRate is null; expected for example new LearningRateSchedule().", "Optimizer is null; expected for example new AdamWOptions()." },
            new PretrainingOptions { LearningRate = null!, Optimizer = null! }.Problems().ToArray());
    }

    /// <summary>A classifier from the same initial weights each time; one that was stopped keeps those it had.</summary>
    private static BertPredictor Train(
        FineTuningOptions options, RuntimeOptions? runtime = null, LabelledTexts? text = null, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null)
    {
        text ??= Text;
        var classifier = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, options.Pooling, torch.CPU, seed: 1);
        try
        {
            new TrainingLoop(new FineTuningTask(classifier, new ClassificationObjective(3), text.Examples, heldOut: null, options, runtime ?? TestCorpus.Runtime, torch.float32), new(), progress, checkAlive).Run();
        }
        catch (OperationCanceledException)
        {
        }
        return classifier;
    }

    private sealed class Callback(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }

    private sealed class OnlyBlocks(params int[] blocks) : ILayerSchedule
    {
        public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Range(0, layers).Select(block => blocks.Contains(block) ? 1.0 : 0)];

        public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) =>
            new(layers, blocks.Select(block => new BlockRun(block, 1)), (double)blocks.Length / layers);
    }
}
