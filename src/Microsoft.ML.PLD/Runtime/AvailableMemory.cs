using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>The memory that is free for this process.</summary>
internal static class AvailableMemory
{
    /// <summary>In bytes: what the system could give without swapping, within the limit that a container sets; null where neither is known.</summary>
    public static double? Bytes
    {
        get
        {
            var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes; // of the container, or the machine; 0: not known yet
            double? ofProcess = limit > 0 ? Math.Max(0, limit - Environment.WorkingSet) : null;
            return OfSystem() is { } ofSystem ? Math.Min(ofSystem, ofProcess ?? ofSystem) : ofProcess;
        }
    }

    // "MemAvailable:   12345678 kB"
    private static double? OfSystem()
    {
        const string file = "/proc/meminfo", field = "MemAvailable:";
        if (!OperatingSystem.IsLinux() || !File.Exists(file)) return null;
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return double.TryParse(line?[field.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes * 1024 : null;
    }
}
