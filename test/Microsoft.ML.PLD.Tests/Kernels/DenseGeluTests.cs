using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class DenseGeluTests
{
    [TestMethod]
    public void ValuesAndGradientsAreLibtorchs() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[1, 9], Gen.Int[1, 70]).Sample((rows, inputs, outputs) => AssertSame(rows, inputs, outputs, torch.float32, 2e-6), iter: 100);

    [TestMethod]
    public void InBFloat16TheyAreAsNearAsBFloat16Is() => AssertSame(70, 32, 129, torch.bfloat16, 2e-2);

    [TestMethod]
    public void FarFromZeroItIsTheIdentityOrZero()
    {
        using var scope = torch.NewDisposeScope();
        var x = torch.tensor(new[] { -1e30f, -50, -8, 0, 8, 50, 1e30f });
        var (values, slopes) = (torch.empty_like(x), torch.empty_like(x));
        GeluKernel.Apply(x, values, slopes);
        Assert.IsTrue(values.allclose(torch.tensor(new[] { 0f, 0, 0, 0, 8, 50, 1e30f }), atol: 1e-12));
        Assert.IsTrue(slopes.allclose(torch.tensor(new[] { 0f, 0, 0, 0.5f, 1, 1, 1 }), atol: 1e-12));
    }

    [TestMethod]
    public void WithoutGradientsItIsTheSame()
    {
        using var scope = torch.NewDisposeScope();
        var (x, weight, bias) = (torch.randn(13, 7), torch.randn(32, 7), torch.randn(32));
        var withGradients = DenseGelu.Apply(x, weight, bias);
        using var noGrad = torch.no_grad();
        Assert.IsTrue(DenseGelu.Apply(x, weight, bias).Equals(withGradients));
    }

    private static void AssertSame(int rows, int inputs, int outputs, torch.ScalarType type, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor Leaf(params long[] shape) => torch.randn(shape).to(type).requires_grad_();
        torch.Tensor[] ours = [Leaf(rows, inputs), Leaf(outputs, inputs), Leaf(outputs)];
        torch.Tensor[] theirs = [.. ours.Select(leaf => leaf.detach().to(torch.float32).requires_grad_())];
        var actual = DenseGelu.Apply(ours[0], ours[1], ours[2]);
        var expected = torch.nn.functional.gelu(torch.nn.functional.linear(theirs[0], theirs[1], theirs[2]));
        Close.Check(expected, actual, tolerance, "value");
        var weights = torch.randn_like(expected);
        (actual * weights.to(type)).sum().backward();
        (expected * weights).sum().backward();
        for (var i = 0; i < 3; i++) Close.Check(theirs[i].grad!, ours[i].grad!, tolerance * 2, $"gradient {i}");
    }
}
