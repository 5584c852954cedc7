using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.PLD;

/// <summary>The JSON at the head of a safetensors file: what the tensors are called, and where their bytes lie.</summary>
/// <param name="Entries">In the order of their bytes, without gaps.</param>
/// <param name="Metadata">Free text by name.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>Enough for more than a hundred thousand tensors. The format allows 100 MB, but such a header takes several times as much when it is parsed.</summary>
    public const long MaxBytes = 16_000_000;

    private const string MetadataName = "__metadata__";

    /// <summary>The number of bytes after the header.</summary>
    public long DataLength => Entries.Count == 0 ? 0 : Entries[^1].Offset + Entries[^1].Length;

    /// <summary>The header as it stands in the file after its length, padded with spaces to a multiple of 8.</summary>
    public byte[] Format()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject(MetadataName);
                foreach (var (name, text) in Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(name, text);
                json.WriteEndObject();
            }
            foreach (var entry in Entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Type.Name);
                WriteNumbers(json, "shape", entry.Shape);
                WriteNumbers(json, "data_offsets", [entry.Offset, entry.Offset + entry.Length]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return [.. buffer.WrittenSpan, .. Enumerable.Repeat((byte)' ', -buffer.WrittenCount & 7)];
    }

    /// <summary>Reads and checks a header of a file that is not trusted.</summary>
    /// <exception cref="FormatException">It breaks a rule of the format; the message says which, and for which tensor.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != '{') throw new FormatException("its header does not begin with '{'");
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        try
        {
            // The deepest there is: the file, a tensor, its shape. Forward only: a tree of the text would take many times its size.
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 3 });
            json.Read();
            var names = new HashSet<string>();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString()!;
                if (!names.Add(name)) throw new FormatException($"its header has '{name}' twice");
                json.Read();
                if (name == MetadataName) ParseMetadata(ref json, metadata);
                else entries.Add(ParseEntry(ref json, name));
            }
            while (json.Read()) { } // nothing but blanks may follow
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException) // the latter: text that is not UTF-8
        {
            throw new FormatException($"its header is not the JSON expected: {Excerpt.Of(failure.Message)}", failure);
        }

        // An empty tensor may share its offset with another: it comes first.
        entries.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(a.Name, b.Name));
        long end = 0;
        foreach (var entry in entries)
        {
            if (entry.Offset != end)
                throw new FormatException($"tensor '{entry.Name}' begins at byte {entry.Offset} of the data, but the one before it ends at {end}");
            end += entry.Length;
        }
        return new(entries, metadata);
    }

    // Each of these stands at the value's first token, and leaves the reader at its last.
    private static void ParseMetadata(ref Utf8JsonReader json, Dictionary<string, string> metadata)
    {
        if (json.TokenType != JsonTokenType.StartObject) throw new FormatException($"its '{MetadataName}' is not an object");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String) throw new FormatException($"its '{MetadataName}' has '{name}' that is not text");
            if (!metadata.TryAdd(name, json.GetString()!)) throw new FormatException($"its '{MetadataName}' has '{name}' twice");
        }
    }

    private static SafetensorsEntry ParseEntry(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.StartObject) throw new FormatException($"tensor '{name}' is not an object");
        SafetensorsType? type = null;
        long[]? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("dtype"u8)) type = type is null ? ParseType(ref json, name) : throw Twice("dtype");
            else if (json.ValueTextEquals("shape"u8)) shape = shape is null ? ParseNumbers(ref json, name, "shape") : throw Twice("shape");
            else if (json.ValueTextEquals("data_offsets"u8)) offsets = offsets is null ? ParseNumbers(ref json, name, "data_offsets") : throw Twice("data_offsets");
            else json.Skip(); // for later versions of the format, as the reference implementation does
        }
        if (type is null) throw new FormatException($"tensor '{name}' has no dtype");
        if (shape is null) throw new FormatException($"tensor '{name}' has no shape");
        if (offsets is null) throw new FormatException($"tensor '{name}' has no data_offsets");

        var bytes = SafetensorsEntry.ByteLength(type, shape)
            ?? throw new FormatException($"tensor '{name}' has the impossible shape [{string.Join(", ", shape)}]");
        if (offsets is not [var begin, var end] || begin < 0 || end < begin)
            throw new FormatException($"tensor '{name}' has data_offsets that are not a begin and an end");
        if (end - begin != bytes)
            throw new FormatException($"tensor '{name}' has {end - begin} bytes, but its shape [{string.Join(", ", shape)}] of {type.Name} takes {bytes}");
        return new(name, type, shape, begin, bytes);

        FormatException Twice(string property) => new($"tensor '{name}' has {property} twice");
    }

    private static SafetensorsType ParseType(ref Utf8JsonReader json, string name)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String) throw new FormatException($"tensor '{name}' has no dtype");
        var dtype = json.GetString();
        return SafetensorsType.Of(dtype) ?? throw new FormatException($"tensor '{name}' is of dtype '{dtype}'; expected one of {SafetensorsType.Names}");
    }

    private static long[] ParseNumbers(ref Utf8JsonReader json, string name, string property)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray) throw new FormatException($"tensor '{name}' has no {property}");
        var numbers = new List<long>(4);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number))
                throw new FormatException($"tensor '{name}' has {property} with '{Encoding.UTF8.GetString(json.ValueSpan)}' instead of a whole number");
            if (numbers.Count == SafetensorsEntry.MaxRank) throw new FormatException($"tensor '{name}' has {property} of more than {SafetensorsEntry.MaxRank} numbers");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
