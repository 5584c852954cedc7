using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class MaskedLanguageHeadTests
{
    // Halving from piece to piece: 2^12, 2^11 ... 1, and 24 pieces that never occur.
    private static readonly long[] Counts = [.. Enumerable.Range(0, 37).Select(id => id < 13 ? 1L << (12 - id) : 0)];

    [TestMethod]
    public void LogitsAtSomePositionsAreThoseOfAllThere()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var placement in Enum.GetValues<NormPlacement>())
        {
            using var network = new TestNetwork(placement);
            var hidden = network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(5), torch.float32);
            var all = network.Head.Logits(hidden, torch.arange(21, torch.int64));
            CollectionAssert.AreEqual(new long[] { 21, 37 }, all.shape);
            foreach (var positions in new long[][] { [0], [20], [3, 3, 19], [20, 5, 0, 11] })
            {
                var index = torch.tensor(positions);
                Assert.IsTrue(torch.allclose(all.index_select(0, index), network.Head.Logits(hidden, index), 1e-5, 1e-5), $"{placement} {string.Join(' ', positions)}");
            }
            CollectionAssert.AreEqual(new long[] { 0, 37 }, network.Head.Logits(hidden, torch.tensor(Array.Empty<long>())).shape);
        }
    }

    [TestMethod]
    public void TheDecoderIsTheWordEmbeddings()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork();
        var hidden = network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(5), torch.float32);
        using (torch.no_grad())
        {
            var before = network.Head.Logits(hidden, torch.tensor([4L]));
            network.Encoder.Embeddings.Words.Value[7].zero_();
            var after = network.Head.Logits(hidden, torch.tensor([4L]));
            Assert.AreEqual(0f, after[0, 7].item<float>()); // the bias is 0 as well
            Assert.AreNotEqual(0f, before[0, 7].item<float>());
            Assert.AreEqual(before[0, 8].item<float>(), after[0, 8].item<float>());
        }
    }

    [TestMethod]
    public void WithFrequenciesAnUntrainedModelsLossIsNearTheTextsEntropy()
    {
        using var model = Untrained();
        var entropy = Counts.Where(count => count > 0).Sum(count => -(double)count / Counts.Sum() * Math.Log((double)count / Counts.Sum()));
        var before = Loss(model);
        model.MaskedLanguage.SetFrequencies(Counts);
        var after = Loss(model);
        Assert.AreEqual(Math.Log(37), before, 0.5, "all pieces nearly alike");
        Assert.AreEqual(entropy, after, 0.3);
        Assert.IsGreaterThan(1.0, before - after);
    }

    [TestMethod]
    public void PiecesThatNeverOccurStayPossible()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = Untrained();
        model.MaskedLanguage.SetFrequencies(Counts);
        var bias = model.Weights.All.Single(weight => weight.Name == "cls.predictions.bias").Value.data<float>().ToArray();
        Assert.IsTrue(bias.All(float.IsFinite));
        Assert.AreEqual(0, bias.Average(), 1e-5);
        for (var id = 1; id < 37; id++)
            Assert.AreEqual(Math.Log((Counts[0] + 1.0) / (Counts[id] + 1.0)), bias[0] - bias[id], 1e-5, $"piece {id}");

        model.MaskedLanguage.SetFrequencies(new long[37]);
        Assert.IsTrue(model.Weights.All.Single(weight => weight.Name == "cls.predictions.bias").Value.data<float>().All(value => value == 0));
    }

    [TestMethod]
    public void BFloat16GivesFloat32Logits()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork();
        var positions = torch.tensor([0L, 9]);
        var rounded = network.Head.Logits(network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(5), torch.bfloat16), positions);
        Assert.AreEqual(torch.float32, rounded.dtype);
        Assert.IsLessThan(0.3f, (rounded - network.Head.Logits(network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(5), torch.float32), positions)).abs().max().item<float>());
    }

    private static BertModel Untrained()
    {
        var vocabulary = CorpusFolder.Plain(37);
        return new BertModel(TestModel.Config with { VocabularySize = 37 }, new WordPieceTokenizer(vocabulary), nextSentence: false, torch.CPU, seed: 1);
    }

    // The mean over labels as frequent as counted, each at some position.
    private static double Loss(BertModel model)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var labels = Enumerable.Range(0, 37).SelectMany(id => Enumerable.Repeat((long)id, (int)Counts[id])).ToArray();
        var positions = labels.Select((_, i) => i * 7L % 21).ToArray();
        var hidden = model.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(model.Config.Layers), torch.float32);
        return torch.nn.functional.cross_entropy(model.MaskedLanguage.Logits(hidden, torch.tensor(positions)), torch.tensor(labels)).item<float>();
    }
}
