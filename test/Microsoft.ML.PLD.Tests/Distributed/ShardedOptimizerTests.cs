using TorchSharp;

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
        Steps = 8, BatchSize = 7, NextSentencePrediction = true, HiddenDropout = 0.1, LayerSchedule = new ProgressiveLayerDrop(0.3), LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
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
    public void EachRankKeepsItsRowsOnly()
    {
        using var whole = Make();
        var weight = whole.Weights.All.MaxBy(weight => weight.Value.numel())!;
        var kept = ThreadRanks.Run(3, ranks =>
        {
            using var slot = new AdamWSlot(weight, 0, 1, ranks.ShareOf(weight.Value.shape[0], ranks.Rank));
            return (First: slot.FirstMoment.numel(), Second: slot.SecondMoment.numel());
        });
        Assert.AreEqual(weight.Value.numel(), kept.Sum(part => part.First));
        foreach (var (first, second) in kept)
        {
            Assert.AreEqual(first, second);
            Assert.AreEqual(weight.Value.numel() / 3.0, first, weight.Value.shape[1]);
        }
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

    private static BertModel Make() => new(TestCorpus.Config with { VocabularySize = Text.Tokenizer.Vocabulary.Count }, Text.Tokenizer, nextSentence: true, torch.CPU, seed: 1);

    private static BertModel Pretrain(ICollective ranks, PretrainingOptions options, RuntimeOptions runtime, CheckpointOptions? checkpoints = null, ProgressLog? log = null, Action? checkAlive = null)
    {
        var model = Make();
        try
        {
            var type = runtime.Precision == Precision.BFloat16 ? torch.bfloat16 : torch.float32;
            new TrainingLoop(new PretrainingTask(model, Text.Corpus, options, runtime, type, ranks: ranks), checkpoints ?? new(), log, checkAlive).Run();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static double Distance(BertModel one, BertModel other) => one.Weights.All.Zip(other.Weights.All)
        .Max(pair => pair.First.Value.data<float>().Zip(pair.Second.Value.data<float>(), (a, b) => (double)Math.Abs(a - b)).Max());
}
