using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class DeviceChoiceTests
{
    [TestMethod]
    [DataRow("auto")]
    [DataRow("cpu")]
    [DataRow("cuda")]
    [DataRow("cuda:0")]
    [DataRow("cuda:15")]
    public void GoodTextIsNoProblem(string device) => Assert.IsNull(DeviceChoice.Problem(device));

    [TestMethod]
    [DataRow(null)]
    [DataRow("")]
    [DataRow("CPU")]
    [DataRow("gpu")]
    [DataRow("cpu:0")]
    [DataRow("cuda:")]
    [DataRow("cuda:-1")]
    [DataRow("cuda: 1")]
    [DataRow("cuda:1 ")]
    [DataRow("cuda:99999999999")]
    [DataRow("cudax:1")]
    public void BadTextIsNamedWithWhatWasExpected(string? device)
    {
        var expected = $"Device is '{device}'; expected 'auto', 'cpu', 'cuda' or 'cuda:N' with N from 0.";
        Assert.AreEqual(expected, DeviceChoice.Problem(device));
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentException>(() => DeviceChoice.Resolve(device!)).Message, expected);
    }

    [TestMethod]
    public void TheProcessorIsAlwaysThere() => Assert.AreEqual(DeviceType.CPU, DeviceChoice.Resolve("cpu").type);

    [TestMethod]
    public void AutoTakesCudaWhereItIs()
    {
        TorchRuntime.EnsureLoaded();
        Assert.AreEqual(torch.cuda_is_available() ? DeviceType.CUDA : DeviceType.CPU, DeviceChoice.Resolve("auto").type);
    }

    [TestMethod]
    public void CudaWithoutAGpuSaysWhatToDo()
    {
        TorchRuntime.EnsureLoaded();
        if (torch.cuda_is_available()) Assert.Inconclusive("For machines without a CUDA device, and this one has one.");
        foreach (var device in new[] { "cuda", "cuda:1" })
        {
            var message = Assert.ThrowsExactly<InvalidOperationException>(() => DeviceChoice.Resolve(device)).Message;
            foreach (var part in new[] { $"'{device}'", TorchRuntime.LibtorchFolder, "TorchSharp-cuda-linux", "'auto' or 'cpu'" })
                StringAssert.Contains(message, part);
        }
        Assert.IsFalse(Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cuda")), "TorchSharp's search must not copy libtorch");
    }

    [TestMethod]
    public void AGpuThatIsNotThereIsCounted()
    {
        TorchRuntime.EnsureLoaded();
        if (!torch.cuda_is_available()) Assert.Inconclusive("This machine has no CUDA device.");
        var count = torch.cuda.device_count();
        Assert.AreEqual(count - 1, DeviceChoice.Resolve($"cuda:{count - 1}").index);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => DeviceChoice.Resolve($"cuda:{count}")).Message, $"cuda:0 to cuda:{count - 1}");
    }
}
