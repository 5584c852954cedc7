using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

internal static class Close
{
    /// <summary>Fails where two tensors differ by more than a share of the largest number (and of 1).</summary>
    public static void Check(torch.Tensor expected, torch.Tensor actual, double tolerance, string what)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape, what);
        var most = (expected - actual.to(expected.dtype)).abs().max().to(torch.float64).item<double>();
        Assert.IsLessThan(tolerance * (1 + expected.abs().max().to(torch.float64).item<double>()), most, what);
    }
}
