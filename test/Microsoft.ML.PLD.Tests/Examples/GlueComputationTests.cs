using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueComputationTests
{
    [TestMethod]
    [DataRow(Precision.Auto, null, 0, false, "cpu", Precision.Float32)]
    [DataRow(Precision.Auto, "", 0, true, "cpu", Precision.BFloat16)]
    [DataRow(Precision.Auto, "auto", 1, false, "cuda", Precision.BFloat16)]
    [DataRow(Precision.Auto, "cpu", 1, false, "cpu", Precision.Float32)]
    [DataRow(Precision.Auto, "cuda:1", 2, false, "cuda", Precision.BFloat16)]
    [DataRow(Precision.Float32, "cuda", 1, true, "cuda", Precision.Float32)]
    [DataRow(Precision.BFloat16, null, 0, false, "cpu", Precision.BFloat16)]
    public void DeviceAndPrecisionAreResolved(Precision wanted, string? named, int cards, bool native, string kind, Precision precision)
    {
        var computation = Computation.Of(wanted, named, cards, native);
        Assert.AreEqual((kind, precision), (computation.Kind, computation.Precision));
    }

    [TestMethod]
    [DataRow("cuda", 0, "0 CUDA devices")]
    [DataRow("cuda:2", 2, "2 CUDA devices")]
    [DataRow("cuda:", 1, "expected 'auto'")]
    [DataRow("gpu", 1, "expected 'auto'")]
    public void DevicesThatAreNotThereAreRefused(string named, int cards, string part) =>
        Assert.Contains(part, Assert.ThrowsExactly<UsageException>(() => Computation.Of(Precision.Auto, named, cards, false)).Message);

    // The example knows the rule by heart; the library's own is the one that counts.
    [TestMethod]
    public void TheRuleIsTheLibrarys()
    {
        var (device, type) = new RuntimeOptions().Apply();
        var computation = Computation.OnThisMachine(Precision.Auto);
        Assert.AreEqual(device.type.ToString(), computation.Kind, ignoreCase: true);
        Assert.AreEqual(type.ToString(), computation.Precision.ToString());
    }
}
