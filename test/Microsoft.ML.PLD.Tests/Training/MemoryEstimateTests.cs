using System.Globalization;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class MemoryEstimateTests
{
    // 2 blocks, H = 8, A = 2, I = 16, V = 100; 3 sequences of 5 tokens, of which 2 are wanted.
    private static readonly BertConfig Config = new() { VocabularySize = 100, HiddenSize = 8, Layers = 2, AttentionHeads = 2, IntermediateSize = 16, MaxPositions = 5 };

    private static readonly MicroBatchShape Batch = new(Rows: 3, Length: 5, OutputsPerRow: 2, Predictions: 6, HasDropout: false);

    [TestMethod]
    public void ActivationsAreThoseOfTheGraph()
    {
        // By hand, in numbers: 15 tokens, 6 wanted.
        double block = 15 * (8 * 8 + 2 * 16) + 3 * 2 * 5 * 5;
        double last = 15 * 4 * 8 + 6 * (5 * 8 + 2 * 16) + 3 * 2 * 2 * 5;
        double head = 6 * 100 + 100 * 8, wayBack = 15 * (2 * 16 + 2 * 8), input = 15 * 8;
        Assert.AreEqual(4 * (input + block + last + head + wayBack), Batch.Activations(Config, element: 4, recompute: false, onProcessor: true));
        Assert.AreEqual(4 * (2 * input + block + last + head + wayBack), Batch.Activations(Config, element: 4, recompute: true, onProcessor: true), "one block is there at a time");

        double bits = (2 * 15 * 8 + 3 * 2 * 5 * 5 + 2 * 6 * 8 + 3 * 2 * 2 * 5) / 8.0;
        Assert.AreEqual(2 * (input + block + last + head + wayBack) + bits, (Batch with { HasDropout = true }).Activations(Config, element: 2, recompute: false, onProcessor: true));
    }

    [TestMethod]
    public void TheMoreBlocksTheMoreRecomputationSaves()
    {
        foreach (var layers in new[] { 1, 2, 13, 40 })
        {
            var config = Config with { Layers = layers };
            double kept = Batch.Activations(config, 2, recompute: false, onProcessor: true), computed = Batch.Activations(config, 2, recompute: true, onProcessor: true);
            var block = Batch.Activations(Config with { Layers = 3 }, 2, false, true) - Batch.Activations(Config, 2, false, true);
            Assert.AreEqual(Math.Max(0, layers - 2) * block - Math.Max(0, layers - 1) * 15 * 8 * 2, kept - computed, 1e-6);
        }
    }

    [TestMethod]
    public void WeightsGradientsAndMomentsAreCountedOnce()
    {
        using var model = new BertModel(Config with { VocabularySize = CorpusFolder.Letters.Count }, new WordPieceTokenizer(CorpusFolder.Letters, true), false, torch.CPU, seed: 1);
        double count = model.ParameterCount;
        var inFloat32 = MemoryEstimate.Of(model.Weights, Config, torch.float32, new StepCut(1, 3, Recompute: false), batchSize: 3, Batch, keepsCheckpoints: false);
        Assert.AreEqual((4 * count, 8 * count, 0.0, 4 * count, 0.0), (inFloat32.Weights, inFloat32.Optimizer, inFloat32.Sums, inFloat32.Gradients, inFloat32.Checkpoint));
        var inBFloat16 = MemoryEstimate.Of(model.Weights, Config, torch.bfloat16, new StepCut(2, 3, Recompute: false), batchSize: 7, Batch, keepsCheckpoints: true);
        Assert.AreEqual((6 * count, 8 * count, 8 * count, 4 * count, 12 * count), (inBFloat16.Weights, inBFloat16.Optimizer, inBFloat16.Sums, inBFloat16.Gradients, inBFloat16.Checkpoint));
        Assert.AreEqual(inFloat32.Activations, inBFloat16.Activations, "two workers, half the bytes");
        var sum = inBFloat16.Weights + inBFloat16.Optimizer + inBFloat16.Sums + Math.Max(inBFloat16.Gradients, inBFloat16.Activations) + inBFloat16.Gaps + inBFloat16.Checkpoint;
        Assert.AreEqual(sum, inBFloat16.Total);
    }

    [TestMethod]
    public void ItIsToldBeforeTheFirstStepInEveryCulture()
    {
        var culture = CultureInfo.CurrentCulture;
        using var text = new TestCorpus();
        var told = new List<string>();
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            text.Train(TestCorpus.Options with { Steps = 1 }, progress: new CombinedProgress([new LogProgress(told.Add), new ProgressLog()])).Dispose();
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
        StringAssert.Matches(told[0], new(@"^Pre-training: 12,012 parameters\. The estimated peak memory is \d+ MB: 0 MB for weights, 0 MB for the optimizer, \d+ MB for activations and gradients"));
        StringAssert.StartsWith(told[1], "Pre-training 1/1 (100 %): loss");
    }

    [TestMethod]
    public void TheMemoryThatIsFreeIsKnownHere()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Read from /proc on Linux.");
        Assert.IsGreaterThan(1e7, AvailableMemory.Bytes!.Value);
        Assert.IsLessThan(1e14, AvailableMemory.Bytes!.Value);
    }
}
