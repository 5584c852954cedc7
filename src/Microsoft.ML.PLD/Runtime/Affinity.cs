namespace Microsoft.ML.PLD;

/// <summary>Whether a launcher has given this process processors of its own.</summary>
internal static class Affinity
{
    private const string Allowed = "Cpus_allowed:", Parent = "PPid:";

    /// <summary>Whether this process may use fewer processors than one of those that it comes from: then no other is meant to use these. False where it cannot be told.</summary>
    public static bool IsBound
    {
        get
        {
            if (!OperatingSystem.IsLinux() || Of("self") is not { } own) return false;
            // Between it and the launcher may be a shell, or dotnet run.
            for (var (process, generation) = (own.Parent, 0); process != "0" && generation < 20 && Of(process) is { } ancestor; process = ancestor.Parent, generation++)
                if (own.Processors < ancestor.Processors) return true;
            return false;
        }
    }

    // How many processors a process may use, and what started it.
    private static (int Processors, string Parent)? Of(string process)
    {
        try
        {
            var lines = File.ReadAllLines($"/proc/{process}/status");
            string? Value(string name) => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();
            return Value(Allowed) is { } mask && Value(Parent) is { } parent ? (Count(mask), parent) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The bits that are set in the kernel's form of a mask: hexadecimal digits, with commas.</summary>
    internal static int Count(string mask) => mask.Where(char.IsAsciiHexDigit).Sum(digit => int.PopCount(Convert.ToInt32($"{digit}", 16)));
}
