using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A training that computes its blocks again is the one that keeps them.</summary>
[TestClass]
public sealed class RecomputationTests
{
    private static readonly TestCorpus Text = new();

    [ClassCleanup]
    public static void Cleanup() => Text.Dispose();

    [TestMethod]
    [DataRow(NormPlacement.Pre, Precision.Float32, 1)]
    [DataRow(NormPlacement.Post, Precision.Float32, 1)]
    [DataRow(NormPlacement.Pre, Precision.BFloat16, 2)]
    [DataRow(NormPlacement.Post, Precision.BFloat16, 1)]
    public void PretrainingIsTheSameBitForBit(NormPlacement placement, Precision precision, int workers)
    {
        var options = TestCorpus.Options with
        {
            Steps = 8,
            NextSentencePrediction = true,
            HiddenDropout = 0.1,
            AttentionDropout = 0.2,
            LayerSchedule = new ProgressiveLayerDrop(0.5),
        };
        var (kept, computed) = (new ProgressLog(), new ProgressLog());
        using var expected = Train(recompute: false, kept);
        using var actual = Train(recompute: true, computed);
        TestModel.AssertSameBits(expected.Weights, actual.Weights);
        CollectionAssert.AreEqual(kept.Select(step => (step.Loss, step.GradientNorm)).ToArray(), computed.Select(step => (step.Loss, step.GradientNorm)).ToArray());

        BertModel Train(bool recompute, ProgressLog log)
        {
            var runtime = TestCorpus.Runtime with { Precision = precision, Workers = workers, RecomputeActivations = recompute };
            return new BertPretrainer(TestCorpus.Config with { NormPlacement = placement }, options, runtime).Train(Text.Corpus, Text.Tokenizer, log, () => { });
        }
    }

    [TestMethod]
    [DataRow(1, 5)]
    [DataRow(2, 2)]
    public void FineTuningIsTheSameButForRounding(int workers, int microBatchSize)
    {
        // Gradients of a weight that is used twice may be added in another order.
        var options = new FineTuningOptions { Steps = 9, BatchSize = 10, HiddenDropout = 0.1, AttentionDropout = 0.2, LearningRate = new() { Peak = 3e-3 } };
        using var expected = Train(recompute: false);
        using var actual = Train(recompute: true);
        var theirs = expected.Weights.Tensors;
        foreach (var (name, weights) in actual.Weights.Tensors)
        {
            var difference = weights.data<float>().Zip(theirs[name].data<float>(), (a, b) => Math.Abs(a - b)).Max();
            Assert.IsLessThanOrEqualTo(2e-6, difference, name);
        }

        BertPredictor Train(bool recompute)
        {
            var text = new LabelledTexts(22);
            var classifier = new BertPredictor(LabelledTexts.Config, LabelledTexts.Tokenizer, outputs: 3, options.Pooling, torch.CPU, seed: 1);
            var runtime = TestCorpus.Runtime with { Workers = workers, MicroBatchSize = microBatchSize, RecomputeActivations = recompute };
            new TrainingLoop(new FineTuningTask(classifier, new ClassificationObjective(3), text.Examples, heldOut: null, options, runtime, torch.float32), new()).Run();
            return classifier;
        }
    }

    [TestMethod]
    public void EachPartIsComputedTwiceAndWithAGraphTheSecondTimeOnly()
    {
        using var scope = torch.NewDisposeScope();
        var weight = torch.tensor(3f, requires_grad: true);
        var calls = new List<(int Part, bool WithGraph)>();
        var pass = new GraphPieces(recompute: true);
        var x = weight * 2;
        for (var part = 0; part < 3; part++)
        {
            var number = part;
            x = pass.Apply(part, input =>
            {
                calls.Add((number, torch.is_grad_enabled()));
                return input * weight;
            }, x);
        }
        Assert.AreEqual(162f, x.item<float>()); // 2 w^4

        var sum = 0f;
        pass.GoBack(x * 10, (from, gradient, input) =>
        {
            using var enabled = torch.enable_grad();
            var to = input is null ? new[] { weight } : [weight, input];
            var gradients = torch.autograd.grad([from], to, gradient is null ? null : [gradient], allow_unused: true);
            if (gradients[0] is { IsInvalid: false } own) sum += own.item<float>();
            return input is null ? null : gradients[1];
        });
        Assert.AreEqual(10 * 8 * 27f, sum); // d/dw of 20 w^4
        CollectionAssert.AreEqual(new[] { (0, false), (1, false), (2, false), (2, true), (1, true), (0, true) }, calls);
    }

    [TestMethod]
    public void WhatIsThrownWhenABlockIsComputedAgainReachesTheCaller()
    {
        using var model = TestModel.Make();
        var before = TestModel.Bits(model.Weights);
        using var step = new GradientStep(model.Weights, new(), workers: 2, recompute: true);
        var failure = Assert.ThrowsExactly<OutOfMemoryException>(() => step.Take(1, [Loss, Loss]));
        Assert.AreEqual("the second time", failure.Message);
        foreach (var (name, bits) in before) CollectionAssert.AreEqual(bits, TestModel.Bits(model.Weights)[name], name);

        torch.Tensor Loss(GraphPieces? pieces) => pieces!.Apply(
            0, x => torch.is_grad_enabled() ? throw new OutOfMemoryException("the second time") : x * 2, model.Weights.All[0].Value.sum());
    }

    [TestMethod]
    public void ADroppedEncoderHasNothingToComputeAgain()
    {
        using var network = new TestNetwork();
        using var scope = torch.NewDisposeScope();
        var pass = new GraphPieces(recompute: true);
        var hidden = network.Encoder.Apply(TestNetwork.Batch(), new LayerPlan(5, [], 0), torch.float32, dropout: null, pass);
        var pieces = 0;
        pass.GoBack(hidden.sum(), (_, _, input) =>
        {
            Assert.IsNull(input);
            pieces++;
            return null;
        });
        Assert.AreEqual(1, pieces);
    }
}
