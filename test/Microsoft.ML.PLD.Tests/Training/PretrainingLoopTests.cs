using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PretrainingLoopTests
{
    private static readonly TestCorpus Text = new();

    [ClassCleanup]
    public static void Cleanup() => Text.Dispose();

    [TestMethod]
    public void TheLossFallsAndMaskedAccuracyRisesWithDroppedBlocks()
    {
        var log = new ProgressLog();
        var options = TestCorpus.Options with
        {
            Steps = 600,
            BatchSize = 32,
            SequenceLength = 23,
            MaskingRate = 0.3,
            ValidationInterval = 200,
            LayerSchedule = new ProgressiveLayerDrop(0.7),
            LearningRate = new() { Peak = 1e-2, WarmupShare = 0.1 },
        };
        using var model = new BertPretrainer(TestCorpus.Config with { HiddenSize = 32 }, options, TestCorpus.Runtime).Train(Text.Corpus, Text.Tokenizer, log, () => { });
        Assert.HasCount(600, log);
        Assert.IsGreaterThan(2.4, log[0].Loss, "an untrained model knows nothing of 12 almost equally frequent words");
        Assert.IsLessThan(0.8, log.TakeLast(20).Average(step => step.Loss));
        var validated = log.Where(step => step.ValidationLoss is not null).ToArray();
        CollectionAssert.AreEqual(new long[] { 200, 400, 600 }, validated.Select(step => step.Step).ToArray());
        Assert.IsLessThan(validated[0].ValidationLoss!.Value, validated[2].ValidationLoss!.Value);
        Assert.IsGreaterThan(0.8, validated[2].ValidationAccuracy!.Value);
    }

    [TestMethod]
    public void TheSameOptionsGiveTheSameWeightsBitForBit()
    {
        foreach (var (name, options) in new[]
        {
            ("defaults", TestCorpus.Options),
            ("everything on", TestCorpus.Options with { NextSentencePrediction = true, WholeWordMasking = true, HiddenDropout = 0.1, AttentionDropout = 0.2 }),
        })
        {
            using var one = Text.Train(options);
            using var two = Text.Train(options);
            AssertEqual(one, two, name, 0);
        }
    }

    [TestMethod]
    public void AnotherSeedGivesOtherWeights()
    {
        using var one = Text.Train(TestCorpus.Options with { Steps = 1 });
        using var two = Text.Train(TestCorpus.Options with { Steps = 1, Seed = 2 });
        Assert.AreNotEqual(one.Weights.All[0].Value.data<float>()[0], two.Weights.All[0].Value.data<float>()[0]);
    }

    [TestMethod]
    public void TheMicroBatchSizeDoesNotChangeTheResult()
    {
        // A large epsilon, so that Adam does not amplify rounding where a true gradient is 0 (key biases).
        var options = TestCorpus.Options with { BatchSize = 6, NextSentencePrediction = true, Optimizer = new() { Epsilon = 1e-2 } };
        using var whole = Text.Train(options);
        foreach (var size in new[] { 1, 2, 4 }) // 4 does not divide 6: two of 3 are used
        {
            using var parts = Text.Train(options, TestCorpus.Runtime with { MicroBatchSize = size });
            AssertEqual(whole, parts, $"micro-batches of {size}", 2e-6);
        }
    }

    [TestMethod]
    public void TheNumberOfWorkersChangesRoundingOnlyAndEachNumberGivesItsOwnBits()
    {
        var options = TestCorpus.Options with
        {
            BatchSize = 7,
            NextSentencePrediction = true,
            HiddenDropout = 0.1,
            AttentionDropout = 0.1,
            LayerSchedule = new ProgressiveLayerDrop(0.5),
            Optimizer = new() { Epsilon = 1e-2 },
        };
        using var one = Text.Train(options, TestCorpus.Runtime with { Workers = 1 });
        foreach (var (workers, size) in new[] { (2, 32), (3, 2), (7, 1) })
        {
            var runtime = TestCorpus.Runtime with { Workers = workers, MicroBatchSize = size };
            using var several = Text.Train(options, runtime);
            AssertEqual(one, several, $"{workers} workers", 2e-6);
            using var again = Text.Train(options, runtime);
            AssertEqual(several, again, $"{workers} workers again", 0);
        }
    }

    [TestMethod]
    public void ThetaOneTrainsToTheWeightsOfDenseTrainingBitForBit()
    {
        using var dense = Text.Train(TestCorpus.Options with { LayerSchedule = new DenseSchedule() });
        using var theta = Text.Train(TestCorpus.Options with { LayerSchedule = new ProgressiveLayerDrop(1) });
        AssertEqual(dense, theta, "theta = 1", 0);
    }

    [TestMethod]
    public void ABlockThatNeverRunsKeepsItsWeightsBitForBitUnlessDecayIsAskedFor()
    {
        foreach (var rule in Enum.GetValues<DroppedParameterRule>())
        {
            using var untrained = new BertModel(TestCorpus.Config with { VocabularySize = 17 }, Text.Tokenizer, nextSentence: false, torch.CPU, seed: 1);
            using var trained = Text.Train(TestCorpus.Options with { LayerSchedule = new OnlyBlocks(0, 3), Optimizer = new() { DroppedParameters = rule } });
            for (var i = 0; i < trained.Weights.All.Count; i++)
            {
                var (name, after) = trained.Weights.All[i];
                var left = new[] { 1, 2, 4 }.Any(block => name.StartsWith(SwitchableEncoder.BlockName(block), StringComparison.Ordinal));
                var decayed = rule == DroppedParameterRule.DecayOnly && after.dim() > 1;
                Assert.AreEqual(left && !decayed, untrained.Weights.All[i].Value.data<float>().SequenceEqual(after.data<float>()), $"{rule} {name}");
            }
        }
    }

    [TestMethod]
    public void ReportsTellTheScheduleAndTheRate()
    {
        var log = new ProgressLog();
        var options = TestCorpus.Options with { Steps = 10 };
        Text.Train(options, progress: log).Dispose();
        for (var step = 0; step < 10; step++)
        {
            var plan = options.LayerSchedule.PlanAt(step, 10, 5, options.RunSeed);
            Assert.AreEqual((step + 1L, 10L, plan.Theta, plan.Runs.Count, 5), (log[step].Step, log[step].TotalSteps, log[step].Theta, log[step].BlocksRun, log[step].Blocks));
            Assert.AreEqual(options.LearningRate.At(step, 10), log[step].LearningRate);
            Assert.IsGreaterThan(0.0, log[step].GradientNorm);
        }
    }

    [TestMethod]
    public void ValidationsTellHowManyPairsAreRight()
    {
        var log = new ProgressLog();
        var options = TestCorpus.Options with { Steps = 40, NextSentencePrediction = true, ValidationSequences = 50, LayerSchedule = new DenseSchedule(), LearningRate = new() { Peak = 1e-2, WarmupShare = 0.1 } };
        using var model = Text.Train(options, progress: log);
        var (right, rows) = (0, 0);
        foreach (var batch in new PretrainingBatches(CorpusSplit.Of(Text.Corpus, options.ValidationShare).Validation, Text.Tokenizer.Vocabulary, options.Batches() with { BatchSize = 50 }, options.RunSeed, forValidation: true).Parts(0, 32))
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            var tokens = new TokenBatch(batch.InputIds, batch.TypeIds, lengths: null, batch.Rows, batch.SequenceLength, torch.CPU);
            var logits = model.NextSentence!.Logits(model.Encoder.Apply(tokens, LayerPlan.Dense(5), torch.float32), tokens).data<float>().ToArray();
            right += batch.NextSentenceLabels!.Where((label, row) => logits[2 * row + label] > logits[2 * row + 1 - label]).Count();
            rows += batch.Rows;
        }
        Assert.AreEqual(50, rows);
        Assert.AreEqual(right / 50.0, log[^1].ValidationNextSentenceAccuracy);
        Assert.IsNull(log[0].ValidationNextSentenceAccuracy);

        log.Clear();
        Text.Train(options with { Steps = 1, NextSentencePrediction = false }, progress: log).Dispose();
        Assert.IsNotNull(log[^1].ValidationAccuracy);
        Assert.IsNull(log[^1].ValidationNextSentenceAccuracy);
    }

    [TestMethod]
    public void PostNormTrainsToo()
    {
        var log = new ProgressLog();
        var config = TestCorpus.Config with { NormPlacement = NormPlacement.Post };
        new BertPretrainer(config, TestCorpus.Options with { Steps = 300, BatchSize = 16, MaskingRate = 0.3, LayerSchedule = new DenseSchedule(), LearningRate = new() { Peak = 3e-3, WarmupShare = 0.2 } }, TestCorpus.Runtime)
            .Train(Text.Corpus, Text.Tokenizer, log, () => { }).Dispose();
        Assert.IsLessThan(log[0].Loss - 0.3, log.TakeLast(5).Average(step => step.Loss));
    }

    [TestMethod]
    public void BFloat16TrainsNearFloat32()
    {
        var (exact, rounded) = (new ProgressLog(), new ProgressLog());
        Text.Train(TestCorpus.Options with { Steps = 20 }, progress: exact).Dispose();
        Text.Train(TestCorpus.Options with { Steps = 20 }, TestCorpus.Runtime with { Precision = Precision.BFloat16 }, rounded).Dispose();
        Assert.AreEqual(exact[^1].ValidationLoss!.Value, rounded[^1].ValidationLoss!.Value, 0.03);
    }

    [TestMethod]
    public void ItTrainsWhereTheCallerHasSwitchedGradientsOff()
    {
        using var expected = Text.Train(TestCorpus.Options);
        using var noGrad = torch.no_grad();
        using var model = Text.Train(TestCorpus.Options);
        AssertEqual(expected, model, "without gradients", 0);
        Assert.IsFalse(torch.is_grad_enabled());
    }

    [TestMethod]
    public void StoppingStopsBeforeTheNextStep()
    {
        var log = new ProgressLog();
        Assert.ThrowsExactly<OperationCanceledException>(() => Text.Train(TestCorpus.Options, progress: log, checkAlive: () =>
        {
            if (log.Count == 3) throw new OperationCanceledException();
        }));
        Assert.HasCount(3, log);
    }

    [TestMethod]
    public void DivergenceIsSaidWithItsLearningRate()
    {
        var options = TestCorpus.Options with { Steps = 50, LearningRate = new() { Peak = 1e30, WarmupShare = 0 }, Optimizer = new() { MaxGradientNorm = 0 } };
        var error = Assert.ThrowsExactly<TrainingDivergedException>(() => Text.Train(options));
        StringAssert.Contains(error.Message, "Training has diverged");
        StringAssert.Contains(error.Message, "The learning rate was");
    }

    [TestMethod]
    public void AllProblemsOfTheOptionsAreInOneMessage()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => new BertPretrainer(
            TestCorpus.Config with { AttentionHeads = 3 },
            TestCorpus.Options with { Steps = 0, SequenceLength = 24, MaskingRate = 0, Optimizer = new() { Beta1 = 1 }, LearningRate = new() { Peak = -1 } },
            new RuntimeOptions { Device = "tpu" }));
        foreach (var part in new[]
        {
            "HiddenSize 16 is not divisible by AttentionHeads 3", "Steps is 0", "SequenceLength is 24, but the model has 23 positions", "MaskingRate is 0",
            "Optimizer.Beta1 is 1", "LearningRate.Peak is -1", "Device is 'tpu'",
        })
            StringAssert.Contains(error.Message, part);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TheNumberOfLiveTensorsStaysFlat(bool recompute)
    {
        var counts = new List<long>();
        Text.Train(TestCorpus.Options with { Steps = 300, HiddenDropout = 0.1, NextSentencePrediction = true, LayerSchedule = new OnlyBlocks(0, 1, 2, 3, 4), ValidationInterval = 1 },
            progress: new Progress(() => counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount)), runtime: TestCorpus.Runtime with { RecomputeActivations = recompute, MicroBatchSize = 2 }).Dispose();
        Assert.HasCount(300, counts);
        Assert.HasCount(1, counts.Skip(2).Distinct(), string.Join(' ', counts));
    }

    private static void AssertEqual(BertModel expected, BertModel actual, string what, double tolerance)
    {
        for (var i = 0; i < expected.Weights.All.Count; i++)
        {
            var (name, weights) = expected.Weights.All[i];
            var difference = weights.data<float>().Zip(actual.Weights.All[i].Value.data<float>(), (a, b) => Math.Abs(a - b)).Max();
            Assert.IsLessThanOrEqualTo(tolerance, difference, $"{what}: {name}");
        }
    }

    private sealed class Progress(Action report) : IProgress<TrainingProgress>
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
