using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>How glibc treats the memory that a training step frees and asks for again at the next.</summary>
/// <remarks>
/// By default it gives blocks of megabytes back to the kernel at once, which then has to clear them page by page at the next use: 7 to 13 % of a step
/// (docs/performance.md). Elsewhere than on Linux with glibc nothing is done.
/// </remarks>
internal static class Allocator
{
    // From malloc.h.
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3;

    private static readonly string[] Variables = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "GLIBC_TUNABLES"];

    /// <summary>Lets the process keep what it frees, unless the user has chosen.</summary>
    public static void KeepFreedMemory()
    {
        if (Variables.Any(name => Environment.GetEnvironmentVariable(name) is not null)) return;
        OnGlibc(() =>
        {
            _ = Set(MmapThreshold, 32 << 20); // the most that glibc accepts
            _ = Set(TrimThreshold, int.MaxValue);
            return Set(TopPad, 64 << 20);
        });
    }

    /// <summary>Gives the kernel what is free: after a training.</summary>
    public static void GiveBack() => OnGlibc(() => Trim(0));

    private static void OnGlibc(Func<int> call)
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = call();
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library than glibc.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int Set(int parameter, int value);

    [DllImport("libc", EntryPoint = "malloc_trim")]
    private static extern int Trim(nint keep);
}
