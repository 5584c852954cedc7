using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What a reader of results should know of the program and the machine that made them; nothing that names a person or a place.</summary>
internal static class MachineFacts
{
    /// <summary>By name, in the order to show them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> All =>
    [
        new("Microsoft.ML.PLD", typeof(MachineFacts).Assembly.GetName().Version!.ToString(3)),
        new(".NET", System.Environment.Version.ToString()),
        new("TorchSharp", typeof(torch).Assembly.GetName().Version?.ToString(3) ?? ""),
        new("libtorch", TorchRuntime.LibtorchVersion),
        new("Operating system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}"),
        new("Processor", Processor),
        new("Cores", System.Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)),
        new("Memory", FormattableString.Invariant($"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F0} GB")),
    ];

    // Only Linux and Windows tell without a program of their own.
    private static string Processor
    {
        get
        {
            try
            {
                const string cpuInfo = "/proc/cpuinfo", name = "model name";
                var line = File.Exists(cpuInfo) ? File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) : null;
                return line?[(line.IndexOf(':') + 1)..].Trim() ?? System.Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? $"{RuntimeInformation.ProcessArchitecture}";
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return $"{RuntimeInformation.ProcessArchitecture}";
            }
        }
    }
}
