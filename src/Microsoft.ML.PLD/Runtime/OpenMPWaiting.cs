using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>How libtorch's threads on Linux wait for each other at the end of each operation.</summary>
/// <remarks>
/// GNU OpenMP spins, for some 300,000 turns: fast on a machine of its own, ruinous as soon as anything else wants a core, because a thread then burns
/// the time slice that the one it waits for needs. On 2 cores with one other busy process a training step took 8 times as long as with sleeping threads.
/// </remarks>
internal static class OpenMPWaiting
{
    private static readonly string[] Variables = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"];

    /// <summary>Lets threads sleep early, unless the user has chosen. Must run before libgomp is loaded, which reads its variables once.</summary>
    public static void PreferSleeping()
    {
        if (!OperatingSystem.IsLinux() || Variables.Any(name => Environment.GetEnvironmentVariable(name) is not null)) return;
        // Not Environment.SetEnvironmentVariable: that changes .NET's own copy only.
        _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", overwrite: 0);
    }

    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetEnvironment([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
