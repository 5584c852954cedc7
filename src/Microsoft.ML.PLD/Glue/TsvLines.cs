using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>The lines of a tab-separated file, one at a time; strict, and in bounded memory whatever the file.</summary>
/// <remarks>
/// UTF-8, with or without a byte order mark; lines end with a line feed or a carriage return and a line feed, the last one as it likes.
/// Any other character is text: a carriage return within a line, a quote, U+2028.
/// </remarks>
internal static class TsvLines
{
    /// <summary>A longer line, in bytes, is no text of a person: the longest of GLUE has a few thousand.</summary>
    public const int Longest = 1 << 20;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The lines with their numbers, from 1, and whether they are ended: a file that was cut off has a last one that is not.</summary>
    /// <exception cref="InvalidDataException">While enumerating: a line is too long, has a NUL character or is not UTF-8.</exception>
    public static IEnumerable<(int Number, string Text, bool IsEnded)> Of(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var buffer = new byte[1 << 16];
        var (begin, end, number) = (0, 0, 1);
        while (true)
        {
            var length = buffer.AsSpan(begin, end - begin).IndexOf((byte)'\n');
            if (length >= 0)
            {
                yield return (number, Text(path, number, buffer.AsSpan(begin, length)), true);
                begin += length + 1;
                number++;
                continue;
            }
            if (end - begin > Longest) throw TooLong(path, number);
            if (begin > 0) buffer.AsSpan(begin, end - begin).CopyTo(buffer);
            (begin, end) = (0, end - begin);
            if (end == buffer.Length) Array.Resize(ref buffer, 2 * buffer.Length);
            var read = file.Read(buffer, end, buffer.Length - end);
            if (read == 0) break;
            end += read;
        }
        if (end > 0) yield return (number, Text(path, number, buffer.AsSpan(0, end)), false);
    }

    private static string Text(string path, int number, ReadOnlySpan<byte> line)
    {
        if (line.Length > Longest) throw TooLong(path, number);
        if (number == 1 && line.StartsWith(Encoding.UTF8.Preamble)) line = line[Encoding.UTF8.Preamble.Length..];
        if (line.EndsWith("\r"u8)) line = line[..^1];
        if (line.Contains((byte)0)) throw DamagedTsv.At(path, number, "the line has a NUL character; expected text in UTF-8.");
        try
        {
            return StrictUtf8.GetString(line);
        }
        catch (DecoderFallbackException failure)
        {
            throw DamagedTsv.At(path, number, $"the line is not UTF-8: {failure.Message}");
        }
    }

    private static InvalidDataException TooLong(string path, int number) =>
        DamagedTsv.At(path, number, $"the line is longer than {Longest} bytes; expected an example on each line.");
}
