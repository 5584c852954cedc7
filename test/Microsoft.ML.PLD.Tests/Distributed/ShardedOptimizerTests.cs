using TorchSharp;
using static Microsoft.ML.PLD.Tests.RankTraining;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Ranks that each keep a part of the optimizer's state train what those do that keep all of it.</summary>
[TestClass]
public sealed class ShardedOptimizerTests
{
    private static readonly TestCorpus Text = new();

    private static readonly RuntimeOptions Sharded = TestCorpus.Runtime with { ShardOptimizer = true };

    // Decay, clipping and dropped blocks; 7 rows are nobody's equal shares.
    private static readonly PretrainingOptions Options = TestCorpus.Options with
    {
        Steps = 8,
        BatchSize = 7,
        NextSentencePrediction = true,
        HiddenDropout = 0.1,
        LayerSchedule = new ProgressiveLayerDrop(0.3),
        LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
        Optimizer = new() { WeightDecay = 0.1, MaxGradientNorm = 0.5 },
    };

    private readonly TemporaryFolder _folder = new();

    [ClassCleanup]
    public static void CleanupClass() => Text.Dispose();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    [DataRow(2, DroppedParameterRule.LeaveAlone, false)]
    [DataRow(3, DroppedParameterRule.DecayOnly, false)]
    [DataRow(3, DroppedParameterRule.LeaveAlone, true)]
    [DataRow(9, DroppedParameterRule.LeaveAlone, false)] // two without any rows of text, most without rows of the smallest weights
    public void TheWeightsAreTheSame(int size, DroppedParameterRule dropped, bool planPerMicroBatch)
    {
        var options = Options with { Optimizer = Options.Optimizer with { DroppedParameters = dropped }, PlanPerMicroBatch = planPerMicroBatch };
        var (whole, sharded) = (new ProgressLog(), new ProgressLog());
        var expected = ThreadRanks.Run(size, ranks => Pretrain(ranks, options, TestCorpus.Runtime, log: whole));
        var models = ThreadRanks.Run(size, ranks => Pretrain(ranks, options, Sharded, log: sharded));
        foreach (var model in models)
        {
            TestModel.AssertSameBits(models[0].Weights, model.Weights);
            Assert.IsLessThan(1e-6, Distance(expected[0], model));
        }
        foreach (var model in models.Concat(expected)) model.Dispose();
        foreach (var (one, other) in whole.Zip(sharded)) Assert.AreEqual(one.GradientNorm, other.GradientNorm, 1e-5);
    }

    [TestMethod]
    public void CopiesInBFloat16Follow()
    {
        var models = ThreadRanks.Run(3, ranks => Pretrain(ranks, Options, Sharded with { Precision = Precision.BFloat16 }));
        foreach (var model in models)
        {
            TestModel.AssertSameBits(models[0].Weights, model.Weights);
            foreach (var weight in model.Weights.All)
                if (weight.Copy is { } copy)
                    Assert.IsTrue(copy.eq(weight.Value.to(torch.bfloat16)).all().item<bool>(), weight.Name);
        }
        foreach (var model in models) model.Dispose();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void GrowingTakesTheStateAlong(bool copied)
    {
        var options = Options with { LayerSchedule = new ProgressiveStacking(copied ? CopiedState.Copied : CopiedState.Reset, new(2, 0.4), new(3, 0.7)) };
        var expected = ThreadRanks.Run(2, ranks => Pretrain(ranks, options, TestCorpus.Runtime));
        var models = ThreadRanks.Run(2, ranks => Pretrain(ranks, options, Sharded));
        foreach (var model in models) Assert.IsLessThan(1e-6, Distance(expected[0], model));
        foreach (var model in models.Concat(expected)) model.Dispose();
    }

    // Checkpoints are those of a whole state: by fewer ranks, more of them, or one alone.
    [TestMethod]
    public void ARunGoesOnWithAnotherNumberOfParts()
    {
        using var expected = Pretrain(SingleProcess.Instance, Options, TestCorpus.Runtime);
        var checkpoints = new CheckpointOptions { Folder = _folder["run"], ResumeFrom = CheckpointOptions.Latest, EverySteps = 1 };
        foreach (var (size, runtime, stop) in new[] { (2, Sharded, 2), (1, Sharded, 3), (4, Sharded, 5), (3, TestCorpus.Runtime, 6) })
            Assert.ThrowsExactly<OperationCanceledException>(() => ThreadRanks.Run(size, ranks =>
            {
                var log = new ProgressLog();
                return Pretrain(ranks, Options, runtime, ranks.Rank == 0 ? checkpoints : new() { Folder = _folder["nowhere"] }, log, () =>
                {
                    if (ranks.Rank == 0 && log.Count > 0 && log[^1].Step == stop) throw new OperationCanceledException();
                });
            }));
        foreach (var model in ThreadRanks.Run(3, ranks => Pretrain(ranks, Options, Sharded, ranks.Rank == 0 ? checkpoints : new())))
        {
            Assert.IsLessThan(1e-5, Distance(expected, model));
            model.Dispose();
        }
        Assert.IsFalse(Directory.Exists(_folder["nowhere"]), "Only rank 0 writes.");
    }

    [TestMethod]
    public void ACheckpointIsThatOfAWholeState()
    {
        Dictionary<string, float[]> State(RuntimeOptions runtime, string name)
        {
            foreach (var model in ThreadRanks.Run(3, ranks => Pretrain(ranks, Options with { Optimizer = Options.Optimizer with { MaxGradientNorm = 0 } }, runtime, new() { Folder = _folder[name] }))) model.Dispose();
            using var file = SafetensorsReader.Open(Directory.GetFiles(_folder[name], "optimizer.safetensors", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last());
            using var scope = torch.NewDisposeScope();
            return file.ReadAll().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.to(torch.float32).data<float>().ToArray());
        }
        var (whole, sharded) = (State(TestCorpus.Runtime, "whole"), State(Sharded, "sharded"));
        CollectionAssert.AreEquivalent(whole.Keys, sharded.Keys);
        // Nothing is clipped, so that sums in another order change nothing: to the bit.
        foreach (var (name, values) in whole) CollectionAssert.AreEqual(values, sharded[name], name);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(5)]
    public void EachRankKeepsItsPartOnly(int size)
    {
        using var whole = Make();
        var all = whole.Weights.Count;
        var kept = ThreadRanks.Run(size, ranks =>
        {
            using var model = Make();
            using var step = new GradientStep(model.Weights, Options.Optimizer, ranks: ranks, shardsOptimizer: true);
            return step.Optimizer.MomentsHere;
        });
        Assert.AreEqual(2 * all, kept.Sum());
        foreach (var numbers in kept) Assert.AreEqual(2.0 * all / size, numbers, 2.0 * (whole.Config.Layers + 1));
    }

    // Each rank has a part of every block, whatever is dropped.
    [TestMethod]
    public void PartsOfABlockAreEqual()
    {
        using var model = Make();
        var parts = ThreadRanks.Run(3, ranks =>
        {
            var shards = new WeightShards(ranks, model.Weights.All);
            return model.Weights.All.Select(weight => (Block: SwitchableEncoder.BlockOf(weight.Name) ?? -1, shards.OwnOf(weight).Count)).GroupBy(part => part.Block).ToDictionary(block => block.Key, block => block.Sum(part => part.Count));
        });
        foreach (var block in parts[0].Keys) Assert.IsLessThanOrEqualTo(1, parts.Max(part => part[block]) - parts.Min(part => part[block]), $"block {block}");
    }

    [TestMethod]
    [DoNotParallelize] // the count is the process's
    public void NothingIsLeftBehind()
    {
        Assert.AreEqual(LeftBy(TestCorpus.Runtime, "whole"), LeftBy(Sharded, "sharded"), "Tensors are left to the garbage collector.");

        // TorchSharp never stops counting the tensors without memory that it makes where a weight has no gradient: as many either way.
        long LeftBy(RuntimeOptions runtime, string name)
        {
            Run(runtime, _folder[$"{name} before"]);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var before = torch.Tensor.TotalCount;
            Run(runtime, _folder[name]);
            return torch.Tensor.TotalCount - before;
        }

        // Checkpoints, a resumed run, and its end: on every rank.
        void Run(RuntimeOptions runtime, string folder)
        {
            var checkpoints = new CheckpointOptions { Folder = folder, ResumeFrom = CheckpointOptions.Latest, EverySteps = 1 };
            foreach (var stop in new[] { 2, 4, 100 })
                ThreadRanks.Run(3, ranks =>
                {
                    try
                    {
                        var log = new ProgressLog();
                        Pretrain(ranks, Options, runtime, ranks.Rank == 0 ? checkpoints : new(), log, () =>
                        {
                            if (ranks.Rank == 0 && log.Count > 0 && log[^1].Step == stop) throw new OperationCanceledException();
                        }).Dispose();
                    }
                    catch (OperationCanceledException) when (stop < Options.Steps)
                    {
                    }
                    return 0;
                });
        }
    }

    // Stopped in its first step, a run has a checkpoint of nothing.
    [TestMethod]
    public void ARunGoesOnFromItsVeryBeginning()
    {
        var checkpoints = new CheckpointOptions { Folder = _folder["run"], ResumeFrom = CheckpointOptions.Latest };
        Assert.ThrowsExactly<OperationCanceledException>(() => ThreadRanks.Run(2, ranks => Pretrain(ranks, Options, Sharded, ranks.Rank == 0 ? checkpoints : new(), checkAlive: () => throw new OperationCanceledException())));
        var expected = ThreadRanks.Run(2, ranks => Pretrain(ranks, Options, Sharded));
        var models = ThreadRanks.Run(2, ranks => Pretrain(ranks, Options, Sharded, ranks.Rank == 0 ? checkpoints : new()));
        TestModel.AssertSameBits(expected[0].Weights, models[1].Weights);
        foreach (var model in models.Concat(expected)) model.Dispose();
    }

    // Layer-wise rates, frozen blocks, workers, parts that are computed again, the best model, an early end.
    [TestMethod]
    public void FineTuningGivesTheSameWeights()
    {
        var options = new FineTuningOptions
        {
            Epochs = 3, BatchSize = 5, MaxLength = 23, HiddenDropout = 0.1, LearningRate = new() { Peak = 1e-3, WarmupShare = 0.1 }, FrozenBlocks = 1, LayerwiseDecay = 0.8, ValidationMetric = ValidationMetric.Accuracy, Patience = 2,
        };
        BertPredictor FineTune(ICollective ranks, RuntimeOptions runtime)
        {
            var predictor = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, options.Pooling, torch.CPU, seed: 1);
            var task = new FineTuningTask(predictor, new ClassificationObjective(3), new LabelledTexts(22).Examples, new LabelledTexts(11, seed: 2).Examples, options, runtime, torch.float32, ranks);
            new TrainingLoop(task, new()).Run();
            return predictor;
        }
        var runtime = TestCorpus.Runtime with { Workers = 2, MicroBatchSize = 1, RecomputeActivations = true };
        var expected = ThreadRanks.Run(3, ranks => FineTune(ranks, runtime));
        var tuned = ThreadRanks.Run(3, ranks => FineTune(ranks, runtime with { ShardOptimizer = true }));
        foreach (var predictor in tuned) Assert.IsLessThan(1e-6, Distance(expected[0].Weights, predictor.Weights));
        foreach (var predictor in tuned.Concat(expected)) predictor.Dispose();
    }

    [TestMethod]
    public void AStepThatIsNoNumberChangesNothingAnywhere()
    {
        var options = Options with { LearningRate = new() { Peak = 1e30, WarmupShare = 0.1 }, Optimizer = new() { MaxSkippedSteps = 20, MaxGradientNorm = 0 } };
        var log = new ProgressLog();
        var models = ThreadRanks.Run(3, ranks => Pretrain(ranks, options, Sharded, log: log));
        Assert.IsTrue(log.Any(step => step.Notices.Any(notice => notice.Contains("was skipped", StringComparison.Ordinal))), "No step was skipped: nothing was tried.");
        foreach (var model in models) TestModel.AssertSameBits(models[0].Weights, model.Weights);
        foreach (var model in models) model.Dispose();
    }

    [TestMethod]
    public void TheEstimateOfMemoryKnowsOfTheParts()
    {
        var optimizers = new[] { TestCorpus.Runtime, Sharded }.Select(runtime => ThreadRanks.Run(4, ranks =>
        {
            using var model = Make();
            return new PretrainingTask(model, Text.Corpus, Options, runtime, torch.float32, ranks: ranks).Memory(keepsCheckpoints: false).Optimizer;
        })[0]).ToArray();
        Assert.AreEqual(optimizers[0] / 4, optimizers[1]);
    }

    // As many bytes as one sum of all gradients.
    [TestMethod]
    public void NoMoreIsSent()
    {
        long Bytes(RuntimeOptions runtime) => ThreadRanks.Run(2, ranks =>
        {
            Pretrain(ranks, Options with { Steps = 3 }, runtime).Dispose();
            return ranks.Bytes;
        })[0];
        Assert.AreEqual(1, (double)Bytes(Sharded) / Bytes(TestCorpus.Runtime), 0.01);
    }

    [TestMethod]
    public void RanksThatDoNotAgreeAreToldSo() => StringAssert.Contains(
        Assert.ThrowsExactly<JobAbortedException>(() => ThreadRanks.Run(2, ranks => Pretrain(ranks, Options, TestCorpus.Runtime with { ShardOptimizer = ranks.Rank == 1 }))).Message,
        "The ranks of the job do not train the same");

    private static BertModel Make() => RankTraining.Make(Text, nextSentence: true);

    private static BertModel Pretrain(ICollective ranks, PretrainingOptions options, RuntimeOptions runtime, CheckpointOptions? checkpoints = null, ProgressLog? log = null, Action? checkAlive = null) =>
        RankTraining.Pretrain(Text, ranks, options, runtime, checkpoints, log, checkAlive);
}
