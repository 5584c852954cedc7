using System.Diagnostics.CodeAnalysis;

namespace Microsoft.ML.PLD;

/// <summary>A copy of LibTorchSharp, in a cache of the user's own, that loads where libstdc++ is one release too old for the original.</summary>
internal static class MendedLibrary
{
    private const string Demanded = "GLIBCXX_3.4.32", Substitute = "GLIBCXX_3.4.30";

    /// <summary>Whether <paramref name="failure"/> is the one that mending cures.</summary>
    public static bool Cures(Exception failure) => OperatingSystem.IsLinux() && failure.Message.Contains(Demanded, StringComparison.Ordinal);

    /// <summary>Writes the mended copy of <paramref name="original"/>, unless an identical one is there already.</summary>
    public static bool TryCreate(string original, [NotNullWhen(true)] out string? mended)
    {
        mended = null;
        var bytes = VersionNeeds.Replace(File.ReadAllBytes(original), Demanded, Substitute);
        if (bytes is null) return false;

        var folder = Directory.CreateDirectory(CacheFolder()).FullName;
        if (OperatingSystem.IsLinux()) File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..16];
        mended = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, hash)).FullName, Path.GetFileName(original));
        // Compared byte for byte each time: the folder is the user's, but a half-written or altered file must not be loaded.
        if (File.Exists(mended) && File.ReadAllBytes(mended).AsSpan().SequenceEqual(bytes)) return true;

        var partial = $"{mended}.{Environment.ProcessId}.tmp";
        File.WriteAllBytes(partial, bytes);
        File.Move(partial, mended, overwrite: true); // atomic: another process sees the old file or the new one
        return true;
    }

    private static string CacheFolder()
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            cache = home.Length > 0 ? Path.Combine(home, ".cache") : Path.Combine(Path.GetTempPath(), $"cache-{Environment.UserName}");
        }
        return Path.Combine(cache, "Microsoft.ML.PLD");
    }
}
