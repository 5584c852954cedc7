using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class NextSentenceHeadTests
{
    [TestMethod]
    public void TwoScoresARowAndGradientsForHeadAndEncoder()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TestModel.Make(nextSentence: true);
        var batch = TestNetwork.Batch();
        var logits = model.NextSentence!.Logits(model.Encoder.Apply(batch, LayerPlan.Dense(2), torch.float32), batch);
        CollectionAssert.AreEqual(new long[] { 3, 2 }, logits.shape);
        Assert.AreEqual(torch.float32, logits.dtype);

        torch.nn.functional.cross_entropy(logits, torch.tensor([0L, 1, 1])).backward();
        foreach (var (name, weights) in model.Weights.All)
        {
            var ofMaskedLanguage = name.StartsWith("cls.predictions", StringComparison.Ordinal);
            Assert.AreEqual(!ofMaskedLanguage, weights.grad is not null, name);
            if (!ofMaskedLanguage) Assert.IsGreaterThan(0, weights.grad!.to_dense().abs().max().item<float>(), name);
        }
    }

    [TestMethod]
    public void OnlyTheFirstTokenIsRead()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var model = TestModel.Make(TestModel.Config with { NormPlacement = NormPlacement.Post }, nextSentence: true);
        var batch = TestNetwork.Batch();
        var hidden = torch.arange(21 * 12, torch.float32).sin().view(21, 12);
        var changed = hidden.clone();
        for (var row = 0; row < 21; row++)
            if (row % 7 != 0) changed[row].fill_(9);
        CollectionAssert.AreEqual(
            model.NextSentence!.Logits(hidden, batch).data<float>().ToArray(), model.NextSentence.Logits(changed, batch).data<float>().ToArray());
    }
}
