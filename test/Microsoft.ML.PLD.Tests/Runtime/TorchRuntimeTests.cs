using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TorchRuntimeTests
{
    [TestMethod]
    public void LoadedTwiceItStillMultiplies()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var product = torch.eye(13).matmul(torch.arange(13 * 7, torch.float32).view(13, 7));
        Assert.AreEqual(90f, product[12, 6].item<float>());
        Assert.IsTrue(Directory.Exists(TorchRuntime.LibtorchFolder));
    }
}
