using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class AdamWOutOfMemoryTests
{
    [TestMethod]
    public void MemoryThatRunsOutWhileWeightsAreChangedEndsTheRun()
    {
        using var weights = new ParameterStore(torch.CPU, seed: 1);
        var weight = weights.Constant("a", 1, 3);
        using var optimizer = new AdamW(weights.All, kernel: new FullKernel());
        using var gradient = torch.ones(3);
        var failure = Assert.ThrowsExactly<InvalidOperationException>(() => optimizer.Step(1, [[gradient]]));
        StringAssert.Contains(failure.Message, "go on from the last checkpoint");
        Assert.IsFalse(OutOfMemory.Is(failure), "the step would be taken again");
    }

    private sealed class FullKernel : IAdamWKernel
    {
        public double Norm(IReadOnlyList<AdamWUpdate> updates) => 1;

        public void Apply(IReadOnlyList<AdamWUpdate> updates, AdamWOptions options, double gradientScale) => throw new OutOfMemoryException();
    }
}
