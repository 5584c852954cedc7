using System.Text;
using System.Text.Json;

namespace Microsoft.ML.PLD;

/// <summary>JSON of a stranger, in UTF-8: parsed from the bytes, for a parser that reads a stream, or makes a document, takes many times their memory.</summary>
internal static class UntrustedJson
{
    private const int LongestName = 1 << 10; // the messages of exceptions repeat names, several times over

    /// <exception cref="JsonException">It is no JSON, or not of a <typeparamref name="T"/>.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> text, JsonSerializerOptions options)
    {
        text = Trim(text);
        var reader = Reader(text, options.MaxDepth);
        while (reader.Read())
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueSpan.Length > LongestName)
                throw new JsonException($"A name has {reader.ValueSpan.Length:N0} bytes; expected at most {LongestName:N0}.");
        return JsonSerializer.Deserialize<T>(text, options) ?? throw new JsonException("It is null.");
    }

    /// <summary>A reader of text without a mark before it.</summary>
    /// <exception cref="JsonException">A word is misspelt.</exception>
    public static Utf8JsonReader Reader(ReadOnlySpan<byte> text, int maxDepth)
    {
        CheckWords(text);
        return new(text, new JsonReaderOptions { MaxDepth = maxDepth });
    }

    /// <summary>Without the mark that some editors put before UTF-8.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.StartsWith(Encoding.UTF8.Preamble) ? text[Encoding.UTF8.Preamble.Length..] : text;

    // Where the reader expects true, false or null and finds something else, the message of its exception repeats all the rest of the text.
    private static void CheckWords(ReadOnlySpan<byte> text)
    {
        while (text.IndexOfAny("\"tfn"u8) is var at and >= 0)
        {
            text = text[at..];
            if (text[0] == '"') text = AfterString(text);
            else if (text.StartsWith("true"u8) || text.StartsWith("null"u8)) text = text[4..];
            else if (text.StartsWith("false"u8)) text = text[5..];
            else throw new JsonException($"'{(char)text[0]}' is no beginning of a value.");
        }
    }

    private static ReadOnlySpan<byte> AfterString(ReadOnlySpan<byte> text)
    {
        text = text[1..];
        while (text.IndexOfAny((byte)'"', (byte)'\\') is var at and >= 0)
        {
            if (text[at] == '"') return text[(at + 1)..];
            text = text[Math.Min(text.Length, at + 2)..];
        }
        return []; // it does not end: the reader will say so
    }

    /// <summary>Reads a stream that can seek up to its end.</summary>
    /// <param name="stream">Of at most 2 GB, of which its caller has made sure.</param>
    public static byte[] ReadAll(Stream stream)
    {
        var text = new byte[stream.Length - stream.Position];
        stream.ReadExactly(text);
        return text;
    }
}
