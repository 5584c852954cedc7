using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PredictionHeadTests
{
    [TestMethod]
    public void ScoresAreALinearLayerOfTheHyperbolicTangentOfADenseOne()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var pooling in Enum.GetValues<Pooling>())
        {
            using var network = new TestNetwork(NormPlacement.Post);
            var head = new PredictionHead(network.Weights, TestNetwork.Config, network.Encoder, pooling, outputs: 5);
            var batch = TestNetwork.Batch();
            var hidden = torch.arange(21 * 12, torch.float32).sin().view(21, 12);
            var logits = head.Apply(hidden, batch);
            CollectionAssert.AreEqual(new long[] { 3, 5 }, logits.shape);

            Named("bert.pooler.dense.bias").fill_(0.5);
            Named("classifier.bias").copy_(torch.arange(5, torch.float32));
            var pooled = Pooler.Apply(network.Encoder, hidden, batch, pooling);
            var expected = (pooled.matmul(Named("bert.pooler.dense.weight").t()) + 0.5).tanh().matmul(Named("classifier.weight").t()) + torch.arange(5, torch.float32);
            Assert.IsTrue(torch.allclose(expected, head.Apply(hidden, batch), 1e-5, 1e-6), $"{pooling}");
            Assert.IsFalse(torch.allclose(expected, logits, 1e-2, 1e-2));

            torch.Tensor Named(string name) => network.Weights.Tensors[name];
        }
    }

    [TestMethod]
    public void DropoutActsOnThePooledText()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var head = new PredictionHead(network.Weights, TestNetwork.Config, network.Encoder, Pooling.Cls, outputs: 5);
        var batch = TestNetwork.Batch();
        var hidden = torch.arange(21 * 12, torch.float32).sin().view(21, 12);
        CollectionAssert.AreNotEqual(Scores(null), Scores(0.5));
        CollectionAssert.AreEqual(Scores(0.5), Scores(0.5));

        float[] Scores(double? rate)
        {
            var dropout = Dropout.For(rate ?? 0, 0, seed: 1, step: 2, firstRow: 3, rows: 1, torch.CPU);
            return head.Apply(hidden, batch, dropout).data<float>().ToArray();
        }
    }

    [TestMethod]
    public void BFloat16GivesFloat32Outputs()
    {
        using var scope = torch.NewDisposeScope();
        using var network = new TestNetwork();
        var head = new PredictionHead(network.Weights, TestNetwork.Config, network.Encoder, Pooling.Mean, outputs: 5);
        var batch = TestNetwork.Batch();
        Assert.AreEqual(torch.float32, head.Apply(network.Encoder.Apply(batch, LayerPlan.Dense(5), torch.bfloat16), batch).dtype);
    }
}
