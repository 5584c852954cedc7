using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class LayerNormFunctionTests
{
    [TestMethod]
    public void ValuesAndGradientsAreLibtorchs() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[2, 100], Gen.Double[-5, 5]).Sample((rows, size, shift) => AssertSame(rows, size, shift, torch.float32, 5e-5), iter: 100);

    [TestMethod]
    public void InBFloat16TheyAreAsNearAsBFloat16Is() => AssertSame(70, 129, shift: 0.5, torch.bfloat16, 2e-2);

    [TestMethod]
    public void ARowOfOneNumberIsTheBias()
    {
        using var scope = torch.NewDisposeScope();
        var bias = torch.arange(40, torch.float32);
        Assert.IsTrue(LayerNormFunction.Apply(torch.full([3, 40], 7.25f), torch.ones(40), bias, 1e-12).Equals(bias.expand(3, 40)));
    }

    [TestMethod]
    public void WithoutGradientsItIsTheSame()
    {
        using var scope = torch.NewDisposeScope();
        var (x, weight, bias) = (torch.randn(13, 33), torch.randn(33), torch.randn(33));
        var withGradients = LayerNormFunction.Apply(x, weight, bias, 1e-5);
        using var noGrad = torch.no_grad();
        Assert.IsTrue(LayerNormFunction.Apply(x, weight, bias, 1e-5).Equals(withGradients));
    }

    private static void AssertSame(int rows, int size, double shift, torch.ScalarType type, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        var x = (torch.randn(rows, size) + shift).to(type).requires_grad_();
        torch.Tensor[] ours = [x, torch.randn(size).requires_grad_(), torch.randn(size).requires_grad_()];
        torch.Tensor[] theirs = [.. ours.Select(leaf => leaf.detach().to(torch.float64).requires_grad_())];
        const double epsilon = 1e-3;
        var actual = LayerNormFunction.Apply(ours[0], ours[1], ours[2], epsilon);
        var expected = torch.nn.functional.layer_norm(theirs[0], [size], theirs[1], theirs[2], epsilon);
        Close.Check(expected, actual, tolerance, "value");
        var weights = torch.randn_like(actual);
        (actual * weights).sum().backward();
        (expected * weights.to(torch.float64)).sum().backward();
        for (var i = 0; i < 3; i++) Close.Check(theirs[i].grad!, ours[i].grad!, tolerance * 4, $"gradient {i}");
    }
}
