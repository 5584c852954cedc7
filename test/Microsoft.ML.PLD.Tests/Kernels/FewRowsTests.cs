using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, TestCategory("Vectors")]
public sealed class FewRowsTests
{
    // Rows on both sides of a block of three and of what is left to libtorch, outputs on both sides of a thread's part.
    [TestMethod]
    [DataRow(1, 8, 4)]
    [DataRow(2, 16, 36)]
    [DataRow(3, 24, 32)]
    [DataRow(7, 256, 100)]
    [DataRow(127, 40, 68)]
    [DataRow(129, 16, 8)]
    [DataRow(5, 13, 7)]
    public void ItIsLibtorchsLinear(int rows, int inputs, int outputs)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var scoring = FewRows.Scoring();
        using var generator = new torch.Generator((ulong)rows);
        var x = torch.randn([rows, inputs], torch.float32, generator: generator);
        var (weight, bias) = (torch.randn([outputs, inputs], torch.float32, generator: generator), torch.randn([outputs], torch.float32, generator: generator));
        var expected = torch.nn.functional.linear(x.to(torch.float64), weight.to(torch.float64), bias.to(torch.float64)).data<double>().ToArray();
        // As it is; a matrix that is another's transpose; rows of a larger one.
        foreach (var input in new[] { x, x.t().contiguous().t(), torch.cat([x, x], dim: 1).narrow(1, 0, inputs) })
        {
            var actual = FewRows.Linear(input, weight, bias).data<float>().ToArray();
            Assert.HasCount(expected.Length, actual);
            for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], 1e-5 * Math.Sqrt(inputs), $"at {i}");
        }
    }

    [TestMethod]
    public void ARowDoesNotDependOnThoseBesideIt()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var scoring = FewRows.Scoring();
        var (x, weight, bias) = (torch.randn(128, 64), torch.randn(96, 64), torch.randn(96));
        var all = FewRows.Linear(x, weight, bias);
        if (System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated) Assert.Inconclusive("With AVX-512 libtorch does it, which promises nothing of the kind.");
        foreach (var rows in new[] { 1, 2, 3, 50 })
            CollectionAssert.AreEqual(all.narrow(0, 0, rows).data<float>().ToArray(), FewRows.Linear(x.narrow(0, 0, rows), weight, bias).data<float>().ToArray());
    }

    [TestMethod]
    public void WhereThereIsAWayBackItIsLibtorchs()
    {
        using var scope = torch.NewDisposeScope();
        using var scoring = FewRows.Scoring();
        var (x, weight, bias) = (torch.randn(3, 8), torch.randn([4, 8], requires_grad: true), torch.randn(4));
        FewRows.Linear(x, weight, bias).sum().backward();
        Assert.IsNotNull(weight.grad);
    }

    // Recomputation, and blocks that are frozen, have no way back either, and must give what training does.
    [TestMethod]
    public void InTrainingItIsLibtorchs()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var (x, weight, bias) = (torch.randn(5, 256), torch.randn(64, 256), torch.randn(64));
        var expected = torch.nn.functional.linear(x, weight, bias).data<float>().ToArray();
        using (FewRows.Scoring())
        {
        }
        CollectionAssert.AreEqual(expected, FewRows.Linear(x, weight, bias).data<float>().ToArray());
    }
}
