using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>How libtorch's threads on Linux wait for each other at the end of each operation.</summary>
/// <remarks>
/// GNU OpenMP lets a waiting thread spin for some 300,000 turns: ruinous as soon as anything else wants a core, because it then burns the time slice that
/// the thread it waits for needs. Not spinning at all costs half the speed where operations are small. 1,000 turns are as fast as the default on a quiet
/// machine, and 6 times as fast as the default beside another busy process (docs/benchmarks, theme "waiting").
/// </remarks>
internal static class OpenMPWaiting
{
    private static readonly string[] Variables = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"];

    /// <summary>Lets threads sleep after a short spin, unless the user has chosen. Must run before libgomp is loaded, which reads its variables once.</summary>
    public static void SpinBriefly()
    {
        if (!OperatingSystem.IsLinux() || Variables.Any(name => Environment.GetEnvironmentVariable(name) is not null)) return;
        // Not Environment.SetEnvironmentVariable: that changes .NET's own copy only.
        _ = SetEnvironment("GOMP_SPINCOUNT", "1000", overwrite: 0);
    }

    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
