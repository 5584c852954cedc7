using System.Security.Cryptography;

namespace Microsoft.ML.PLD;

/// <summary>A copy of LibTorchSharp that loads where libstdc++ is too old for the original.</summary>
/// <remarks>
/// LibTorchSharp 0.107 was linked with GCC 13 and so demands two versions of libstdc++ that it can do without.
/// GLIBCXX_3.4.32 stands for a marker symbol that is never looked up, but distributions with GCC 12 (Debian 12, Ubuntu 22.04) refuse
/// the library because of the name alone. GLIBCXX_3.4.30 stands for <c>condition_variable::wait</c>, which libstdc++ has had as
/// GLIBCXX_3.4.11 since GCC 4.4: that is what distributions with GCC 11 (RHEL 9) are asked for instead.
/// </remarks>
internal static class MendedLibrary
{
    private const UnixFileMode OnlyMine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The version of libstdc++ that <paramref name="failure"/> misses, where mending cures it; else null.</summary>
    public static string? MissingVersion(Exception failure) => OperatingSystem.IsLinux()
        ? new[] { "GLIBCXX_3.4.30", "GLIBCXX_3.4.32" }.FirstOrDefault(version => failure.Message.Contains(version, StringComparison.Ordinal))
        : null;

    /// <summary>The contents of <paramref name="library"/> without its demand for <paramref name="missing"/> and newer; null if it cannot be mended.</summary>
    public static byte[]? Mend(ReadOnlySpan<byte> library, string missing) => missing == "GLIBCXX_3.4.32"
        ? VersionNeeds.Replace(library, "GLIBCXX_3.4.32", "GLIBCXX_3.4.30")
        : VersionNeeds.Replace(VersionNeeds.Replace(library, "GLIBCXX_3.4.32", "GLIBCXX_3.4.11"), "GLIBCXX_3.4.30", "GLIBCXX_3.4.11");

    /// <summary>
    /// Passes <paramref name="load"/> the path of a file called <paramref name="name"/> with <paramref name="contents"/>: in the user's
    /// cache, where the next process finds it, or, where that cannot be written or loaded from, in a new temporary folder, deleted afterwards.
    /// </summary>
    /// <exception cref="DllNotFoundException">Neither folder will do; the message says why and what to set.</exception>
    public static void Load(byte[] contents, string name, string cacheFolder, Action<string> load)
    {
        string? temporary = null;
        try
        {
            load(Store(contents, name, cacheFolder));
        }
        catch (Exception cacheFailure) when (IsOfTheFolder(cacheFailure))
        {
            try
            {
                temporary = Directory.CreateTempSubdirectory("Microsoft.ML.PLD-").FullName; // nobody else can open it
                load(Store(contents, name, temporary));
            }
            catch (Exception temporaryFailure) when (IsOfTheFolder(temporaryFailure))
            {
                throw new DllNotFoundException(
                    $"'{name}' needs a newer libstdc++ than this system has. A copy that loads with the older one can be stored neither in "
                    + $"'{cacheFolder}' ({cacheFailure.Message}) nor in '{Path.GetTempPath()}' ({temporaryFailure.Message}). Set XDG_CACHE_HOME "
                    + "or TMPDIR to a folder that this user can write to and that is not mounted with noexec.", temporaryFailure);
            }
            finally
            {
                if (temporary is not null) Directory.Delete(temporary, recursive: true); // what is loaded stays loaded
            }
        }
    }

    /// <summary>The folder for mended libraries in the user's cache, as the XDG Base Directory Specification has it.</summary>
    public static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!Path.IsPathFullyQualified(cache ?? "")) // the specification: relative paths are to be ignored
            cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
        return Path.Combine(cache!, "Microsoft.ML.PLD");
    }

    /// <summary>Writes <paramref name="contents"/> to a folder below <paramref name="folder"/> that only this user may open, unless they are there already.</summary>
    internal static string Store(byte[] contents, string name, string folder)
    {
        MakePrivate(folder);
        var path = Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(contents))[..16], name);
        MakePrivate(Path.GetDirectoryName(path)!);
        // Compared byte for byte each time: a half-written or altered file must not be loaded.
        if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(contents)) return path;

        var partial = $"{path}.{Path.GetRandomFileName()}"; // not the process's id: containers that share a cache share those
        try
        {
            File.WriteAllBytes(partial, contents);
            File.Move(partial, path, overwrite: true); // atomic: another process sees the old file or the new one
        }
        finally
        {
            File.Delete(partial);
        }
        return path;
    }

    // Setting the mode fails on a folder that another user put there.
    private static void MakePrivate(string folder)
    {
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, OnlyMine);
    }

    // The last is glibc's word on a folder mounted with noexec.
    private static bool IsOfTheFolder(Exception failure) => failure is IOException or UnauthorizedAccessException
        || failure is DllNotFoundException && failure.Message.Contains("failed to map segment", StringComparison.Ordinal);
}
