using System.Runtime.InteropServices;

namespace Glue;

/// <summary>The machine in words.</summary>
internal static class ThisMachine
{
    public static string Name { get; } =
        $"{Processor()}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}";

    private static string Processor()
    {
        const string file = "/proc/cpuinfo", name = "model name";
        if (!File.Exists(file)) return "processor unknown";
        return File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? "processor unknown";
    }
}
