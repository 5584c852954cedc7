using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Folders that are there whole or not at all, after a power cut too.</summary>
internal static class AtomicFolder
{
    /// <summary>What the names of folders end in that are not whole yet, or no longer wanted.</summary>
    public const string Unfinished = ".tmp";

    private const string NewPart = ".new-", OldPart = ".old-";

    /// <summary>
    /// Lets <paramref name="write"/> fill a folder beside <paramref name="path"/>, and gives it that name. If anything fails, what was there before is
    /// untouched and nothing is left behind. Files must be flushed to the disk by who writes them, as <see cref="AtomicFile"/> does.
    /// </summary>
    public static void Write(string path, Action<string> write)
    {
        var partial = Beside(path, NewPart);
        try
        {
            Directory.CreateDirectory(partial);
            write(partial);
            Flush(partial);
            if (Directory.Exists(path)) Replace(partial, path);
            else Directory.Move(partial, path);
            Flush(Path.GetDirectoryName(path)!);
        }
        catch
        {
            TryDelete(partial);
            throw;
        }
    }

    /// <summary>Deletes a folder so that nobody sees half of it.</summary>
    public static void Delete(string path)
    {
        var old = Beside(path, OldPart);
        Directory.Move(path, old);
        TryDelete(old);
    }

    /// <summary>Deletes what writers left behind that were killed. A folder that a new one was about to replace gets its name back.</summary>
    /// <param name="parent">Where the folders are.</param>
    /// <param name="prefix">What their names begin with.</param>
    public static void Recover(string parent, string prefix = "")
    {
        foreach (var left in Directory.EnumerateDirectories(parent, $"{prefix}*{Unfinished}"))
        {
            var name = Path.GetFileName(left);
            var old = name.LastIndexOf(OldPart, StringComparison.Ordinal);
            if (old > 0 && Path.Combine(parent, name[..old]) is var path && !Directory.Exists(path) && Directory.EnumerateDirectories(parent, $"{name[..old]}{NewPart}*").Any())
                Directory.Move(left, path);
        }
        foreach (var part in new[] { NewPart, OldPart })
            foreach (var left in Directory.EnumerateDirectories(parent, $"{prefix}*{part}*{Unfinished}")) TryDelete(left);
    }

    // The old one steps aside first: a folder cannot be renamed onto one that has files.
    private static void Replace(string partial, string path)
    {
        var old = Beside(path, OldPart);
        Directory.Move(path, old);
        try
        {
            Directory.Move(partial, path);
        }
        catch
        {
            Directory.Move(old, path);
            throw;
        }
        TryDelete(old);
    }

    private static string Beside(string path, string part) => $"{path}{part}{Path.GetRandomFileName()}{Unfinished}";

    private static void TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It is left behind, and does no harm: nobody takes it for whole.
        }
    }

    // A renamed entry is on the disk only when its folder is; Windows writes such changes to its journal by itself.
    private static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, flags: 0);
        if (handle < 0) throw Failed(folder);
        try
        {
            // Some network file systems cannot, and need not.
            if (Synchronize(handle) != 0 && Marshal.GetLastPInvokeError() is not InvalidArgument) throw Failed(folder);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static IOException Failed(string folder) => new($"The folder '{folder}' cannot be flushed to the disk: {Marshal.GetLastPInvokeErrorMessage()}.");

    private const int InvalidArgument = 22;

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static extern int Synchronize(int handle);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);
}
