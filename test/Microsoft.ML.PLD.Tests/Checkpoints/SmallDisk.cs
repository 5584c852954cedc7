using System.Diagnostics;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A folder on a file system of its own with little room, as far as one can be mounted here.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Ends the test without a result where it takes Linux and its administrator.</summary>
    public static SmallDisk Mount(string path, int kilobytes)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", path) != 0)
            Assert.Inconclusive("A small tmpfs cannot be mounted here: that takes Linux and its administrator.");
        return new SmallDisk(path);
    }

    public void Dispose() => Assert.AreEqual(0, Run("umount", Path));

    private static int Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1; // there is no such program
        }
    }
}
