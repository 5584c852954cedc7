using TorchSharp;
using static Microsoft.ML.PLD.Tests.RankTraining;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Several ranks train what one process would have trained.</summary>
[TestClass]
public sealed class DistributedTrainingTests
{
    private static readonly TestCorpus Text = new();

    // With an epsilon above all gradients, AdamW is descent along them: rounding stays what it is. Dropout, gates and both objectives; 7 rows are nobody's equal shares.
    private static readonly PretrainingOptions Plain = TestCorpus.Options with
    {
        Steps = 8,
        BatchSize = 7,
        NextSentencePrediction = true,
        HiddenDropout = 0.1,
        AttentionDropout = 0.2,
        ValidationInterval = 3,
        ValidationSequences = 5,
        LayerSchedule = new ProgressiveLayerDrop(0.3),
        LearningRate = new() { Peak = 20, WarmupShare = 0.1 },
        Optimizer = new() { Epsilon = 100, WeightDecay = 0 },
    };

    private readonly TemporaryFolder _folder = new();

    [ClassCleanup]
    public static void CleanupClass() => Text.Dispose();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    [DataRow(2, 32)]
    [DataRow(3, 2)]
    [DataRow(4, 1)]
    [DataRow(9, 1)] // two of them without any rows
    public void PretrainingGivesTheSameWeights(int size, int microBatchSize)
    {
        var (alone, together) = (new ProgressLog(), new ProgressLog());
        using var expected = Pretrain(SingleProcess.Instance, Plain, log: alone);
        Assert.IsGreaterThan(0.01, Distance(expected, new BertModel(expected.Config, Text.Tokenizer, nextSentence: true, torch.CPU, seed: 1)), "nothing was learned");
        var trained = ThreadRanks.Run(size, ranks => Pretrain(ranks, Plain, TestCorpus.Runtime with { MicroBatchSize = microBatchSize }, together));
        foreach (var model in trained)
        {
            Assert.IsLessThan(1e-6, Distance(expected, model));
            TestModel.AssertSameBits(trained[0].Weights, model.Weights);
        }
        foreach (var model in trained) model.Dispose();
        Assert.HasCount(alone.Count, together, "Only rank 0 reports.");
        foreach (var (one, many) in alone.Zip(together))
        {
            Assert.AreEqual(one.Loss, many.Loss, 1e-5);
            Assert.AreEqual(one.GradientNorm, many.GradientNorm, 1e-4);
            Assert.AreEqual((one.Step, one.BlocksRun, one.LearningRate), (many.Step, many.BlocksRun, many.LearningRate));
            Assert.AreEqual(one.ValidationLoss ?? 0, many.ValidationLoss ?? 0, 1e-5);
            Assert.AreEqual(one.ValidationAccuracy, many.ValidationAccuracy);
        }
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    public void FineTuningGivesTheSameWeights(int size)
    {
        var options = new FineTuningOptions
        {
            Epochs = 3, BatchSize = 5, MaxLength = 23, HiddenDropout = 0.1, LearningRate = new() { Peak = 3, WarmupShare = 0.1 }, Optimizer = new() { Epsilon = 100, WeightDecay = 0 },
            LayerSchedule = new ProgressiveLayerDrop(0.5), ValidationMetric = ValidationMetric.Accuracy,
        };
        var (alone, together) = (new ProgressLog(), new ProgressLog());
        using var expected = FineTune(SingleProcess.Instance, options, alone);
        foreach (var predictor in ThreadRanks.Run(size, ranks => FineTune(ranks, options, together)))
        {
            Assert.IsLessThan(1e-6, Distance(expected.Weights, predictor.Weights));
            predictor.Dispose();
        }
        Assert.HasCount(alone.Count, together);
        foreach (var (one, many) in alone.Zip(together)) Assert.AreEqual(one.ValidationMetric, many.ValidationMetric);
    }

    [TestMethod]
    [DataRow("measures")]
    [DataRow("grows")]
    [DataRow("drops sequences")]
    [DataRow("drops tokens")]
    [DataRow("two workers")]
    [DataRow("recomputes")]
    [DataRow("recomputes, two workers")]
    public void OtherSchedulesAndWaysGiveTheSameWeights(string what)
    {
        var options = Plain with
        {
            LayerSchedule = what switch
            {
                "measures" => new AdaptiveLayerDrop(0.3, measurements: 3),
                "grows" => new ProgressiveStacking(CopiedState.Copied, new(2, 0.4), new(3, 0.7)),
                "drops tokens" => new RandomTokenDrop(),
                "drops sequences" => new DropBackwardOnly(0.5, 2),
                _ => Plain.LayerSchedule,
            },
        };
        var runtime = TestCorpus.Runtime with { Workers = what.Contains("two workers") ? 2 : 0, MicroBatchSize = what.Contains("two workers") ? 1 : 32, RecomputeActivations = what.Contains("recomputes") };
        using var expected = Pretrain(SingleProcess.Instance, options);
        foreach (var model in ThreadRanks.Run(3, ranks => Pretrain(ranks, options, runtime)))
        {
            Assert.IsLessThan(1e-6, Distance(expected, model));
            model.Dispose();
        }
    }

    // What differs from rank to rank by design: that all have the same weights in the end is what there is to test.
    [TestMethod]
    [DataRow(Precision.BFloat16, false)]
    [DataRow(Precision.Float32, true)]
    public void AllRanksHaveTheSameWeights(Precision precision, bool planPerMicroBatch)
    {
        var options = Plain with { PlanPerMicroBatch = planPerMicroBatch, LayerSchedule = new ProgressiveLayerDrop(0.5), Optimizer = new(), LearningRate = new() { Peak = 3e-3 } };
        var models = ThreadRanks.Run(3, ranks => Pretrain(ranks, options, TestCorpus.Runtime with { Precision = precision, MicroBatchSize = 1 }));
        foreach (var model in models) TestModel.AssertSameBits(models[0].Weights, model.Weights);
        foreach (var model in models) model.Dispose();
    }

    // After a resume the best weights are on rank 0's disk only.
    [TestMethod]
    public void TheBestModelOfAResumedRunReachesAllRanks()
    {
        var options = new FineTuningOptions
        {
            Steps = 12, BatchSize = 5, MaxLength = 23, LearningRate = new() { Peak = 30 }, Optimizer = new() { Epsilon = 100, WeightDecay = 0 }, FrozenBlocks = 1, ValidationInterval = 2,
        };
        var checkpoints = new CheckpointOptions { Folder = _folder["run"], ResumeFrom = CheckpointOptions.Latest, EverySteps = 1, KeepLast = 20 };
        BertPredictor Run(ICollective ranks, Action? checkAlive = null) => FineTune(ranks, options, new ProgressLog(), ranks.Rank == 0 ? checkpoints : new(), checkAlive);
        Assert.ThrowsExactly<OperationCanceledException>(() => ThreadRanks.Run(2, ranks =>
        {
            var calls = 0;
            return Run(ranks, () =>
            {
                if (++calls == 9) throw new OperationCanceledException();
            });
        }));
        using var expected = FineTune(SingleProcess.Instance, options, new ProgressLog());
        foreach (var predictor in ThreadRanks.Run(3, ranks => Run(ranks)))
        {
            Assert.IsLessThan(1e-6, Distance(expected.Weights, predictor.Weights));
            predictor.Dispose();
        }
    }

    [TestMethod]
    public void WhoIsToldOfAStepMayStopAll()
    {
        var models = ThreadRanks.Run(2, ranks =>
        {
            var log = new Stopping(3);
            return Pretrain(ranks, Plain, checkpoints: new() { WhenCancelled = ranks.Rank == 0 ? CancellationResult.ReturnLatest : CancellationResult.Throw }, progress: log);
        });
        TestModel.AssertSameBits(models[0].Weights, models[1].Weights);
        foreach (var model in models) model.Dispose();
    }

    [TestMethod]
    public void WhatTheFirstRankCannotDoFailsOnAll()
    {
        var done = new int[3];
        ThreadRanks.Run(3, ranks =>
        {
            DistributedJob.First(ranks, () => done[ranks.Rank]++);
            return 0;
        });
        CollectionAssert.AreEqual(new[] { 1, 0, 0 }, done);
        var failures = ThreadRanks.Run(3, ranks => Assert.Throws<Exception>(() => DistributedJob.First(ranks, () => throw new FileNotFoundException("There is no text.")))).Select(failure => failure.Message).ToArray();
        Assert.AreEqual("There is no text.", failures[0]);
        Assert.AreEqual(failures[1], failures[2]);
        StringAssert.Contains(failures[1], "Rank 0 of the job could not do what all were waiting for");
    }

    [TestMethod]
    public void AFailureOutsideOfTrainingEndsTheJob() => Assert.AreEqual(
        "InvalidDataException: The data are broken.",
        Assert.ThrowsExactly<JobAbortedException>(() => ThreadRanks.Run(2, ranks => ranks.Together(() => ranks.Rank == 1 ? throw new InvalidDataException("The data are broken.") : 0))).Message);

    [TestMethod]
    public void ARunGoesOnWithAnotherNumberOfRanks()
    {
        using var expected = Pretrain(SingleProcess.Instance, Plain);
        var checkpoints = new CheckpointOptions { Folder = _folder["run"], ResumeFrom = CheckpointOptions.Latest };
        foreach (var (size, stop) in new[] { (2, 2), (4, 5), (1, 6) })
            Assert.ThrowsExactly<OperationCanceledException>(() => ThreadRanks.Run(size, ranks =>
            {
                // Other ranks have no such folder.
                var log = new ProgressLog();
                return Pretrain(ranks, Plain, checkpoints: ranks.Rank == 0 ? checkpoints : new() { Folder = _folder["nowhere"] }, log: log, checkAlive: () =>
                {
                    if (ranks.Rank == 0 && log.Count > 0 && log[^1].Step == stop) throw new OperationCanceledException();
                });
            }));
        Assert.IsFalse(Directory.Exists(_folder["nowhere"]), "Only rank 0 writes.");
        foreach (var model in ThreadRanks.Run(3, ranks => Pretrain(ranks, Plain, checkpoints: checkpoints)))
        {
            Assert.IsLessThan(1e-6, Distance(expected, model));
            model.Dispose();
        }
    }

    [TestMethod]
    public void MomentsAreSharedWhenARunGoesOn()
    {
        var options = Plain with { Optimizer = new(), LearningRate = new() { Peak = 3e-3 }, LayerSchedule = new ProgressiveLayerDrop(0.5) };
        var checkpoints = new CheckpointOptions { Folder = _folder["run"], ResumeFrom = CheckpointOptions.Latest };
        Assert.ThrowsExactly<OperationCanceledException>(() =>
        {
            var log = new ProgressLog();
            return Pretrain(SingleProcess.Instance, options, checkpoints: checkpoints, log: log, checkAlive: () =>
            {
                if (log.Count > 0 && log[^1].Step == 4) throw new OperationCanceledException();
            });
        });
        var models = ThreadRanks.Run(3, ranks => Pretrain(ranks, options, checkpoints: ranks.Rank == 0 ? checkpoints : new()));
        foreach (var model in models) TestModel.AssertSameBits(models[0].Weights, model.Weights);
        foreach (var model in models) model.Dispose();
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    public void ARankThatIsStoppedStopsAll(int who)
    {
        var log = new ProgressLog();
        var models = ThreadRanks.Run(3, ranks =>
        {
            var calls = 0;
            return Pretrain(ranks, Plain, checkpoints: new() { WhenCancelled = CancellationResult.ReturnLatest }, log: log, checkAlive: () =>
            {
                if (ranks.Rank == who && ++calls == 4) throw new OperationCanceledException("Enough.");
            });
        });
        foreach (var model in models) TestModel.AssertSameBits(models[0].Weights, model.Weights);
        foreach (var model in models) model.Dispose();
        Assert.AreEqual(3, log[^1].Step);
        StringAssert.Contains(string.Join(' ', log[^1].Notices), who == 0 ? "Enough." : "Another rank of the job was stopped.");
    }

    [TestMethod]
    public void ARankThatLacksMemoryMakesAllTakeSmallerParts()
    {
        var (expected, log) = (Pretrain(SingleProcess.Instance, Plain), new ProgressLog());
        var models = ThreadRanks.Run(2, ranks =>
        {
            var calls = 0;
            return Pretrain(ranks, Plain, log: log, checkAlive: () =>
            {
                if (ranks.Rank == 1 && ++calls == 3) throw new OutOfMemoryException();
            });
        });
        StringAssert.Contains(string.Join(' ', log[2].Notices), "There was not enough memory for step 3; it is taken again with micro-batches of 2.");
        foreach (var model in models)
        {
            Assert.IsLessThan(1e-6, Distance(expected, model));
            model.Dispose();
        }
        expected.Dispose();
    }

    [TestMethod]
    [DataRow("rate")]
    [DataRow("validation")]
    [DataRow("micro-batch")]
    public void RanksThatDoNotTrainTheSameAreToldSo(string what)
    {
        var failure = Assert.ThrowsExactly<JobAbortedException>(() => ThreadRanks.Run(3, ranks =>
        {
            var isOther = ranks.Rank == 1;
            var options = Plain with { LearningRate = new() { Peak = isOther && what == "rate" ? 3e-3 : 4e-3 }, ValidationInterval = isOther && what == "validation" ? 2 : 3 };
            return Pretrain(ranks, options, TestCorpus.Runtime with { MicroBatchSize = isOther && what == "micro-batch" ? 1 : 32 });
        }));
        StringAssert.Contains(failure.Message, "The ranks of the job do not train the same");
    }

    [TestMethod]
    public void AFailureOfOneRankEndsAll()
    {
        var failure = Assert.ThrowsExactly<JobAbortedException>(() => ThreadRanks.Run(2, ranks =>
        {
            var calls = 0;
            return Pretrain(ranks, Plain, checkAlive: () =>
            {
                if (ranks.Rank == 1 && ++calls == 3) throw new InvalidDataException("The disk is broken.");
            });
        }));
        Assert.AreEqual("InvalidDataException: The disk is broken.", failure.Message);
    }

    [TestMethod]
    public void DroppedBlocksAreNotSent()
    {
        long Bytes(ILayerSchedule schedule) => ThreadRanks.Run(2, ranks =>
        {
            using var model = Pretrain(ranks, Plain with { LayerSchedule = schedule, Steps = 1, ValidationInterval = 5 });
            return ranks.Bytes;
        })[0];
        var model = new BertModel(TestCorpus.Config with { VocabularySize = Text.Tokenizer.Vocabulary.Count }, Text.Tokenizer, nextSentence: true, torch.CPU, seed: 1);
        var block = model.Weights.All.Where(weight => SwitchableEncoder.BlockOf(weight.Name) == 2).Sum(weight => weight.Value.numel());
        model.Dispose();
        Assert.AreEqual(2 * block * sizeof(float), Bytes(new Without()) - Bytes(new Without(1, 3)), 64); // the state at the beginning has the time in it
    }

    private static BertModel Pretrain(
        ICollective ranks, PretrainingOptions options, RuntimeOptions? runtime = null, ProgressLog? log = null, CheckpointOptions? checkpoints = null, Action? checkAlive = null,
        IProgress<TrainingProgress>? progress = null) => RankTraining.Pretrain(Text, ranks, options, runtime ?? TestCorpus.Runtime, checkpoints, progress ?? log, checkAlive);

    private static BertPredictor FineTune(ICollective ranks, FineTuningOptions options, ProgressLog log, CheckpointOptions? checkpoints = null, Action? checkAlive = null)
    {
        var predictor = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, options.Pooling, torch.CPU, seed: 1);
        var task = new FineTuningTask(
            predictor, new ClassificationObjective(3), new LabelledTexts(22).Examples, new LabelledTexts(11, seed: 2).Examples, options, TestCorpus.Runtime, torch.float32, ranks);
        try
        {
            new TrainingLoop(task, checkpoints ?? new(), log, checkAlive).Run();
            task.Finish();
            return predictor;
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }

    private sealed class Stopping(long after) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step == after) throw new OperationCanceledException("That is enough.");
        }
    }

    private sealed class Without(params int[] blocks) : ILayerSchedule
    {
        public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) =>
            new(layers, Enumerable.Range(0, layers).Except(blocks).Select(block => new BlockRun(block, 1)), expectedShare: 1 - (double)blocks.Length / layers);

        public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Range(0, layers).Select(block => blocks.Contains(block) ? 0.0 : 1)];
    }
}
