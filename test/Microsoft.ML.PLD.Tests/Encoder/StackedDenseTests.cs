using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class StackedDenseTests
{
    private static readonly string[] Names = ["query", "key", "value"];

    [TestMethod]
    public void NeighboursAreOneProductWithTheValuesAndGradientsOfEachByItself()
    {
        foreach (var (type, tolerance) in new[] { (torch.float32, 1e-5), (torch.bfloat16, 2e-2) })
            foreach (var (first, count) in new[] { (0, 3), (0, 1), (1, 2), (2, 1) })
            {
                using var scope = torch.NewDisposeScope();
                using var weights = new ParameterStore(torch.CPU, seed: 1);
                var stack = weights.Own(new StackedDense(weights, Names, inputs: 7, outputs: 5, standardDeviation: 0.3));
                torch.Tensor x = torch.randn(13, 7).to(type).requires_grad_(), direction = torch.randn(13, count * 5).to(type);
                torch.Tensor[] Leaves(int part) => [.. weights.All.Where(weight => weight.Name.StartsWith(Names[part])).Select(weight => weight.In(type))];
                torch.Tensor[] leaves = [x, .. Enumerable.Range(first, count).SelectMany(Leaves)];

                var together = stack.Apply(x, first, count);
                var alone = torch.cat([.. Enumerable.Range(first, count).Select(part => torch.nn.functional.linear(x, Leaves(part)[0], Leaves(part)[1]))], 1);
                Close.Check(alone, together, tolerance, "value");
                var expected = torch.autograd.grad([(alone * direction).sum()], leaves);
                var actual = torch.autograd.grad([(together * direction).sum()], leaves);
                for (var leaf = 0; leaf < leaves.Length; leaf++) Close.Check(expected[leaf], actual[leaf], tolerance, $"gradient {leaf} of {first}, {count}");
            }
    }

    [TestMethod]
    public void APartByItselfIsTheSame()
    {
        using var scope = torch.NewDisposeScope();
        using var weights = new ParameterStore(torch.CPU, seed: 1);
        var stack = weights.Own(new StackedDense(weights, Names, inputs: 7, outputs: 5, standardDeviation: 0.3));
        var x = torch.randn(13, 7);
        var all = stack.Apply(x, 0, 3);
        for (var part = 0; part < 3; part++) Close.Check(all.narrow(1, part * 5, 5), stack.ApplyPart(x, part), 1e-6, Names[part]);
    }

    [TestMethod]
    public void StackingKeepsNamesOrderAndFirstValues()
    {
        using var stacked = new ParameterStore(torch.CPU, seed: 1);
        using var alone = new ParameterStore(torch.CPU, seed: 1);
        stacked.Own(new StackedDense(stacked, Names, inputs: 7, outputs: 5, standardDeviation: 0.3));
        foreach (var name in Names) _ = new Dense(alone, name, 7, 5, 0.3);
        CollectionAssert.AreEqual(alone.All.Select(weight => weight.Name).ToArray(), stacked.All.Select(weight => weight.Name).ToArray());
        foreach (var (expected, actual) in alone.All.Zip(stacked.All)) Assert.IsTrue(expected.Value.Equals(actual.Value), actual.Name);
    }
}
