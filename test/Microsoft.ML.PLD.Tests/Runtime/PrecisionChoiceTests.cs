using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PrecisionChoiceTests
{
    [TestMethod]
    [DataRow(Precision.Float32, torch.ScalarType.Float32)]
    [DataRow(Precision.BFloat16, torch.ScalarType.BFloat16)]
    public void WhatIsAskedForIsGiven(Precision precision, torch.ScalarType expected) =>
        Assert.AreEqual(expected, PrecisionChoice.Resolve(precision, DeviceChoice.Resolve("cpu")));

    [TestMethod]
    public void AutoIsBFloat16WhereTheKernelListsItAmongTheProcessorsFlags()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            Assert.Inconclusive("/proc/cpuinfo lists these flags on Linux on x64 only.");
        if (!Avx512F.IsSupported) Assert.Inconclusive("This processor has no AVX-512, or .NET was told not to use it.");
        var flags = File.ReadLines("/proc/cpuinfo").First(line => line.StartsWith("flags", StringComparison.Ordinal)).Split(' ', '\t');
        var native = flags.Contains("avx512f") && (flags.Contains("avx512_bf16") || flags.Contains("amx_bf16"));
        Assert.AreEqual(native ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32, PrecisionChoice.Resolve(Precision.Auto, DeviceChoice.Resolve("cpu")));
    }

    [TestMethod]
    public void AnUnknownValueIsRefused() =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => PrecisionChoice.Resolve((Precision)42, DeviceChoice.Resolve("cpu")));
}
