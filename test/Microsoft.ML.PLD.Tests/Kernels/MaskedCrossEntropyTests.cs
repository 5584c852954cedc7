using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class MaskedCrossEntropyTests
{
    [TestMethod]
    public void LossAndGradientsAreLibtorchs() =>
        Gen.Select(Gen.Int[1, 13], Gen.Int[1, 7], Gen.Int[2, 70], Gen.Double[0.01, 2], Gen.Double[0.5, 3]).Sample((count, width, vocabulary, scale, factor) =>
            AssertSame(count, width, vocabulary, scale, factor, torch.float32, 1e-5), iter: 100);

    [TestMethod]
    public void InBFloat16TheyAreAsNearAsBFloat16Is() => AssertSame(40, 32, 1_001, 1 / 40.0, 1, torch.bfloat16, 2e-2);

    [TestMethod]
    public void LargeLogitsDoNotOverflow()
    {
        using var scope = torch.NewDisposeScope();
        var (x, decoder) = (torch.tensor(new float[] { 1_000 }).view(1, 1), torch.tensor(new float[] { 1, -1, 0.5f }).view(3, 1));
        Assert.AreEqual(500, MaskedCrossEntropy.Apply(x, decoder, torch.zeros(3), [2], 1).item<float>());
    }

    private static void AssertSame(int count, int width, int vocabulary, double scale, double factor, torch.ScalarType type, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor Leaf(params long[] shape) => torch.randn(shape).to(type).requires_grad_();
        torch.Tensor[] ours = [Leaf(count, width), Leaf(vocabulary, width), Leaf(vocabulary)];
        torch.Tensor[] theirs = [.. ours.Select(leaf => leaf.detach().to(torch.float32).requires_grad_())];
        var labels = Enumerable.Range(0, count).Select(i => i * 17 % vocabulary).ToArray();

        var actual = MaskedCrossEntropy.Apply(ours[0], ours[1], ours[2], labels, scale);
        var expected = torch.nn.functional.cross_entropy(
            torch.nn.functional.linear(theirs[0], theirs[1], theirs[2]), torch.tensor(labels, torch.int64), reduction: torch.nn.Reduction.Sum) * scale;
        Assert.AreEqual(expected.item<float>(), actual.item<float>(), tolerance * (1 + expected.item<float>()));
        (actual * factor).backward();
        (expected * factor).backward();
        for (var i = 0; i < 3; i++)
        {
            var most = (theirs[i].grad! - ours[i].grad!.to(torch.float32)).abs().max().item<float>();
            Assert.IsLessThan(tolerance * (1e-3 + theirs[i].grad!.abs().max().item<float>()) * 2, most, $"gradient {i}");
        }
    }
}
