using System.IO.Compression;
using System.Text;
using ICSharpCode.SharpZipLib.GZip;

namespace Microsoft.ML.PLD;

/// <summary>
/// Reads plain text from files and folders, one line at a time: <c>.txt</c>, and the same compressed as <c>.txt.br</c> or <c>.txt.gz</c>;
/// UTF-8, or UTF-16 with a byte order mark.
/// </summary>
internal static class TextFiles
{
    private static readonly string[] Extensions = [".txt", ".txt.br", ".txt.gz"];
    private static readonly Encoding StrictUtf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A line longer than this is handed on in parts, cut at white space: no file can make a reader hold all of it in memory.</summary>
    internal const int LongestLine = 1 << 20;

    /// <summary>The lines of all files in <paramref name="paths"/>, in the order given, those of a folder in ordinal order; null after each file, as a blank line would stand.</summary>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="InvalidDataException">A folder holds no text file, or a file is of another kind. While enumerating: a file is damaged or not UTF-8.</exception>
    public static IEnumerable<string?> Lines(IEnumerable<string> paths)
    {
        var files = paths.SelectMany(Find).ToList(); // now, so that a wrong path is known before hours of reading
        return files.SelectMany(FileLines);
    }

    private static IEnumerable<string> Find(string path)
    {
        if (File.Exists(path))
            return IsText(path) ? [path] : throw new InvalidDataException($"The text file '{path}' is of an unknown kind: expected {Expected}.");
        if (!Directory.Exists(path)) throw new FileNotFoundException($"The text file or folder '{path}' does not exist.", path);

        var found = Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 64, IgnoreInaccessible = false }).Where(IsText).ToList();
        if (found.Count == 0) throw new InvalidDataException($"The folder '{path}' holds no text file: expected {Expected}.");
        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private static string Expected => string.Join(", ", Extensions[..^1]) + " or " + Extensions[^1];

    private static bool IsText(string path) => Extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string?> FileLines(string path)
    {
        using var reader = new StreamReader(Open(path), StrictUtf8);
        var block = new char[1 << 14];
        var line = new StringBuilder();
        for (int count; (count = Read(reader, block, path)) > 0;)
        {
            for (var at = 0; at < count;)
            {
                var length = block.AsSpan(at, count - at).IndexOf('\n');
                line.Append(block, at, length < 0 ? count - at : length);
                if (length >= 0) yield return Take(line, line.Length);
                else if (line.Length > LongestLine) yield return Take(line, LastSpace(line));
                at = length < 0 ? count : at + length + 1;
            }
        }
        if (line.Length > 0) yield return Take(line, line.Length);
        yield return null;
    }

    private static Stream Open(string path)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".br" => new BrotliStream(new CompressedFile(file), CompressionMode.Decompress),
            ".gz" => new GZipInputStream(file), // notices truncation, which GZipStream does not
            _ => file,
        };
    }

    private static int Read(StreamReader reader, char[] block, string path)
    {
        try
        {
            return reader.Read(block);
        }
        catch (DecoderFallbackException failure)
        {
            throw new InvalidDataException($"The text file '{path}' is not UTF-8: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException) // damaged data makes decoders fail in many ways
        {
            throw new InvalidDataException($"The text file '{path}' cannot be read to its end, it may be damaged: {failure.Message}", failure);
        }
    }

    private static string Take(StringBuilder line, int length)
    {
        var taken = line.ToString(0, length).TrimEnd('\r');
        line.Remove(0, length);
        return taken;
    }

    // Anywhere, where there is none in the last 1,000 characters, but not within a surrogate pair.
    private static int LastSpace(StringBuilder line)
    {
        for (var at = line.Length - 1; at >= line.Length - 1000; at--)
            if (char.IsWhiteSpace(line[at])) return at;
        return char.IsHighSurrogate(line[line.Length - 1]) ? line.Length - 1 : line.Length;
    }
}
