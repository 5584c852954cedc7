using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>What the figures are from.</summary>
internal static class Machine
{
    public static string Description
    {
        get
        {
            TorchRuntime.EnsureLoaded();
            return Describe();
        }
    }

    private static string Describe() => string.Join(", ",
        Processor, $"{Environment.ProcessorCount} cores", $"{torch.get_num_threads()} libtorch threads", RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription, $"TorchSharp {typeof(torch).Assembly.GetName().Version}");

    private static string Processor =>
        OperatingSystem.IsLinux() && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':') + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
}
