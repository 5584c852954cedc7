using System.Globalization;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Whether a launcher has given this process processors of its own.</summary>
internal static class Affinity
{
    private const string Allowed = "Cpus_allowed:";

    /// <summary>Whether this process may use fewer processors than what started it: then no other is meant to use these. False where it cannot be told.</summary>
    public static bool IsBound => OperatingSystem.IsLinux() && Of("self") is { } own && Of(Parent().ToString(CultureInfo.InvariantCulture)) is { } all && own < all;

    // How many processors a process may use.
    private static int? Of(string process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(Allowed, StringComparison.Ordinal));
            return line is null ? null : Count(line[Allowed.Length..]);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The bits that are set in the kernel's form of a mask: hexadecimal digits, with commas.</summary>
    internal static int Count(string mask) => mask.Where(char.IsAsciiHexDigit).Sum(digit => int.PopCount(Convert.ToInt32($"{digit}", 16)));

    [DllImport("libc", EntryPoint = "getppid")]
    private static extern int Parent();
}
