using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>The SHA-256 of each file of a folder, in a file as <c>sha256sum</c> writes and checks it.</summary>
internal static class Checksums
{
    public const string FileName = "checksums.sha256";

    private const int LongestText = 1 << 16;

    /// <summary>Writes the list, as the last file.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="hashes">Of each file, by name.</param>
    public static void Write(string folder, IReadOnlyDictionary<string, byte[]> hashes) =>
        AtomicFile.Write(Path.Combine(folder, FileName), stream => stream.Write(Encoding.UTF8.GetBytes(Format(hashes))));

    /// <summary>Checks that the files are there, and are what was written.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="files">All that there must be: the list has these and no others.</param>
    /// <exception cref="InvalidDataException">A file is missing or was altered, or the list itself was.</exception>
    public static void Verify(string folder, IEnumerable<string> files)
    {
        var list = Path.Combine(folder, FileName);
        if (!File.Exists(list)) throw new InvalidDataException($"'{folder}' has no {FileName}.");
        using var listStream = File.OpenRead(list);
        if (listStream.Length > LongestText) throw new InvalidDataException($"'{list}' has {listStream.Length:N0} bytes; expected at most {LongestText:N0}.");
        var written = new byte[listStream.Length];
        listStream.ReadExactly(written);

        // There is one right list, to the last byte: so nothing in it needs to be parsed, and no name in it leads anywhere.
        var hashes = files.ToDictionary(file => file, file => Hash(folder, file));
        if (Encoding.UTF8.GetBytes(Format(hashes)).AsSpan().SequenceEqual(written)) return;
        var lines = Encoding.UTF8.GetString(written).Split('\n');
        var altered = hashes.Where(hash => !lines.Contains(Line(hash.Key, hash.Value))).Select(hash => hash.Key).Order(StringComparer.Ordinal).ToArray();
        throw new InvalidDataException(altered.Length == 0
            ? $"'{list}' was altered."
            : $"'{folder}' is damaged: {string.Join(", ", altered)} and {FileName} do not agree.");
    }

    private static byte[] Hash(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path)) throw new InvalidDataException($"'{folder}' has no {file}.");
        using var stream = File.OpenRead(path);
        return SHA256.HashData(stream);
    }

    private static string Format(IReadOnlyDictionary<string, byte[]> hashes) =>
        string.Concat(hashes.OrderBy(hash => hash.Key, StringComparer.Ordinal).Select(hash => Line(hash.Key, hash.Value) + "\n"));

    private static string Line(string file, byte[] hash) => $"{Convert.ToHexStringLower(hash)}  {file}";
}
