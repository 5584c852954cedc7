using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What the options of fine-tuning do to the weights.</summary>
[TestClass]
public sealed class FineTuningChoicesTests
{
    private static readonly LabelledTexts Text = new(22);

    private static readonly FineTuningOptions Options = new()
    {
        Steps = 6, BatchSize = 5, HiddenDropout = 0.1, AttentionDropout = 0.1, LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
    };

    [TestMethod]
    [DataRow(0)]
    [DataRow(2)]
    [DataRow(5)] // all of them: the head learns alone
    public void FrozenBlocksAndTheEmbeddingsBelowStayBitForBit(int frozen)
    {
        foreach (var schedule in new ILayerSchedule[] { new DenseSchedule(), new ProgressiveLayerDrop(0.3) })
            foreach (var rule in Enum.GetValues<DroppedParameterRule>())
            {
                var options = Options with { FrozenBlocks = frozen, Steps = 20, LayerSchedule = schedule, Optimizer = new() { DroppedParameters = rule, WeightDecay = 0.1 } };
                using var untrained = Make();
                using var trained = Train(options);
                var (before, after) = (TestModel.Bits(untrained.Weights), TestModel.Bits(trained.Weights));
                foreach (var (name, bits) in before)
                {
                    var stays = frozen > 0 && LayerwiseRate.DepthOf(name, 5) <= frozen;
                    Assert.AreEqual(stays, bits.SequenceEqual(after[name]), $"{name}, {schedule}, {rule}");
                }
            }
    }

    [TestMethod]
    public void WhatIsAboveFrozenBlocksLearnsAsWithoutFreezing()
    {
        // One step without decay: the gradients above do not depend on whether those below are computed.
        var options = Options with { Steps = 1, Optimizer = new() { WeightDecay = 0, MaxGradientNorm = 0 } };
        using var all = Train(options);
        foreach (var recompute in new[] { false, true })
        {
            using var some = Train(options with { FrozenBlocks = 3 }, runtime: TestCorpus.Runtime with { RecomputeActivations = recompute });
            var (expected, actual) = (TestModel.Bits(all.Weights), TestModel.Bits(some.Weights));
            foreach (var name in expected.Keys.Where(name => LayerwiseRate.DepthOf(name, 5) > 3)) CollectionAssert.AreEqual(expected[name], actual[name], name);
        }
    }

    [TestMethod]
    public void TheWayBackDoesNotGoThroughFrozenBlocks()
    {
        using var scope = torch.NewDisposeScope();
        using var predictor = Make();
        var plan = LayerPlan.Dense(5).Freeze(3);
        predictor.Apply(Text.Texts, plan, torch.float32).sum().backward();
        foreach (var (name, value) in predictor.Weights.All) Assert.AreEqual(LayerwiseRate.DepthOf(name, 5) <= 3, value.grad is null, name);
    }

    [TestMethod]
    public void EachBlockHasItsLearningRate()
    {
        // Adam's first step moves each weight by the rate, whatever the gradient's size.
        const double peak = 1e-3, decay = 0.7;
        var options = Options with
        {
            Steps = 1,
            LayerwiseDecay = decay,
            HiddenDropout = 0,
            AttentionDropout = 0,
            LearningRate = new() { Peak = peak, WarmupShare = 0, Shape = LearningRateShape.Constant },
            Optimizer = new() { WeightDecay = 0, Epsilon = 1e-12 },
        };
        using var untrained = Make();
        using var trained = Train(options);
        var (before, after) = (untrained.Weights.Tensors, trained.Weights.Tensors);
        foreach (var name in before.Keys.Where(name => !name.EndsWith("key.bias", StringComparison.Ordinal))) // whose gradient is rounding: attention does not depend on it
        {
            var moved = before[name].data<float>().Zip(after[name].data<float>(), (a, b) => Math.Abs(a - b)).Max();
            Assert.AreEqual(peak * Math.Pow(decay, 6 - LayerwiseRate.DepthOf(name, 5)), moved, 2e-6, name);
        }
    }

    [TestMethod]
    public void DepthsAreThoseOfTheNames()
    {
        foreach (var (name, depth) in new[]
        {
            ("bert.embeddings.word_embeddings.weight", 0), ("bert.embeddings.LayerNorm.bias", 0), ("bert.encoder.layer.0.ln.weight", 1), ("bert.encoder.layer.11.attention.self.query.bias", 12),
            ("bert.encoder.ln.weight", 13), ("bert.pooler.dense.weight", 13), ("classifier.bias", 13),
        })
            Assert.AreEqual(depth, LayerwiseRate.DepthOf(name, 12), name);
        Assert.AreEqual(1, LayerwiseRate.Of("classifier.bias", 12, 0.5, frozen: 12));
        Assert.AreEqual(0.5, LayerwiseRate.Of("bert.encoder.layer.11.ln.weight", 12, 0.5, frozen: 0));
        Assert.AreEqual(Math.Pow(0.5, 13), LayerwiseRate.Of("bert.embeddings.LayerNorm.bias", 12, 0.5, frozen: 0));
        Assert.AreEqual(0, LayerwiseRate.Of("bert.embeddings.LayerNorm.bias", 12, 0.5, frozen: 1));
    }

    [TestMethod]
    public void PaddingChangesNoResult()
    {
        // All rows in one batch: then the kinds differ in padding only, which attention ignores.
        var options = Options with { BatchSize = 22, MaxLength = 23, HiddenDropout = 0, AttentionDropout = 0, Optimizer = new() { Epsilon = 1e-2 } };
        using var buckets = Train(options);
        foreach (var padding in new[] { TextPadding.LongestOfBatch, TextPadding.MaximumLength })
        {
            using var other = Train(options with { Padding = padding });
            AssertNear(buckets, other);
        }
    }

    [TestMethod]
    public void WithoutBucketsLengthsAreMixed()
    {
        var text = new LabelledTexts(300);
        (int Widths, int PaddedLength) Of(TextPadding padding)
        {
            using var predictor = Make();
            var task = Task(predictor, Options with { Padding = padding, BatchSize = 10, MaxLength = 23 }, text.Examples);
            var batches = task.Batches(epoch: 0);
            CollectionAssert.AreEqual(Enumerable.Range(0, 300).ToArray(), batches.SelectMany(batch => batch).Order().ToArray());
            return (batches.Sum(batch => batch.Max(row => text.Texts[row].Ids.Length)), task.PaddedLength);
        }
        Assert.IsLessThan(0.8 * Of(TextPadding.LongestOfBatch).Widths, Of(TextPadding.LengthBuckets).Widths);
        Assert.AreEqual((0, 0, 23), (Of(TextPadding.LengthBuckets).PaddedLength, Of(TextPadding.LongestOfBatch).PaddedLength, Of(TextPadding.MaximumLength).PaddedLength));
    }

    [TestMethod]
    public void WhatIsPaddedIsAsWideAsAskedFor()
    {
        var batch = TokenBatch.Pad(Text.Texts.Take(3).ToArray(), padId: 0, torch.CPU, firstsOnly: true, shortest: 23);
        Assert.AreEqual(23, batch.Length);
        Assert.AreEqual(3 * 23 - Text.Texts.Take(3).Sum(text => text.Ids.Length), batch.Padding!.Count(isPadding => isPadding));
    }

    [TestMethod]
    public void ARunWithFrozenBlocksIsResumedBitForBit()
    {
        var folder = Directory.CreateTempSubdirectory("pld-frozen-").FullName;
        try
        {
            var options = Options with { FrozenBlocks = 2, LayerwiseDecay = 0.9 };
            using var straight = Train(options);
            var checkpoints = new CheckpointOptions { Folder = folder, ResumeFrom = CheckpointOptions.Latest, EverySteps = 1 };
            var steps = 0;
            Assert.ThrowsExactly<OperationCanceledException>(() => Train(options, checkpoints: checkpoints, checkAlive: () =>
            {
                if (++steps == 4) throw new OperationCanceledException();
            }));
            using var resumed = Train(options, checkpoints: checkpoints);
            TestModel.AssertSameBits(straight.Weights, resumed.Weights);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestMethod]
    public void AScheduleThatTrainsFewerBlocksStaysThatOfTheScheduleWhenSomeAreFrozen()
    {
        var plan = new LayerPlan(4, [new(0, 1, IsTrained: false), new(1, 1, IsTrained: false), new(3, 1)], 1, trainsEmbeddings: false);
        CollectionAssert.AreEqual(new[] { false, false, true }, plan.Freeze(1).Runs.Select(run => run.IsTrained).ToArray());
        CollectionAssert.AreEqual(new[] { false, false, false }, plan.Freeze(4).Runs.Select(run => run.IsTrained).ToArray());
        Assert.AreSame(plan, plan.Freeze(0));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(4, [new(0, 1), new(1, 1, IsTrained: false)], 1)).Message, "Block 1 is not trained, but what is below it is.");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(4, [new(0, 1, IsTrained: false)], 1)).Message, "Block 0 is not trained");
    }

    [TestMethod]
    public void WeightsCountInProportionAndWindowsShareTheirRows()
    {
        var options = Options with { BatchSize = 100, HiddenDropout = 0, AttentionDropout = 0, Optimizer = new() { Epsilon = 1e-2 } };
        var (weighted, repeated, scaled, windows) = (new TrainingExamples(), new TrainingExamples(), new TrainingExamples(), new TrainingExamples());
        for (var row = 0; row < 22; row++)
        {
            var (text, right, count) = (Text.Texts[row], Text.Classes[row], row % 3 + 1);
            weighted.Add([text], right, count);
            scaled.Add([text], right, count * 17.5f);
            windows.Add([.. Enumerable.Repeat(text, 3)], right, count);
            for (var i = 0; i < count; i++) repeated.Add([text], right);
        }
        using var expected = Train(options, examples: weighted);
        AssertNear(expected, Train(options, examples: repeated));
        AssertNear(expected, Train(options, examples: scaled));
        AssertNear(expected, Train(options, examples: windows));
    }

    [TestMethod]
    public void ALossOfAnotherShapeTrainsOtherWeights()
    {
        using var plain = Train(Options);
        foreach (var objective in new[] { new ClassificationObjective(3, smoothing: 0.1), new ClassificationObjective(3, gamma: 2) })
        {
            using var other = Train(Options, objective: objective);
            Assert.IsFalse(TestModel.Bits(plain.Weights)["classifier.weight"].SequenceEqual(TestModel.Bits(other.Weights)["classifier.weight"]));
        }
    }

    private static void AssertNear(BertPredictor expected, BertPredictor actual)
    {
        for (var i = 0; i < expected.Weights.All.Count; i++)
        {
            var (name, value) = expected.Weights.All[i];
            var difference = value.data<float>().Zip(actual.Weights.All[i].Value.data<float>(), (a, b) => Math.Abs(a - b)).Max();
            Assert.IsLessThanOrEqualTo(3e-6, difference, name);
        }
    }

    private static BertPredictor Make() => new(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, Pooling.Cls, torch.CPU, seed: 1);

    private static FineTuningTask Task(BertPredictor predictor, FineTuningOptions options, TrainingExamples examples, RuntimeOptions? runtime = null, IObjective? objective = null) =>
        new(predictor, objective ?? new ClassificationObjective(3), examples, heldOut: null, options, runtime ?? TestCorpus.Runtime, torch.float32);

    private static BertPredictor Train(
        FineTuningOptions options, RuntimeOptions? runtime = null, TrainingExamples? examples = null, IObjective? objective = null, CheckpointOptions? checkpoints = null, Action? checkAlive = null)
    {
        var predictor = Make();
        new TrainingLoop(Task(predictor, options, examples ?? Text.Examples, runtime, objective), checkpoints ?? new(), checkAlive: checkAlive).Run();
        return predictor;
    }
}
