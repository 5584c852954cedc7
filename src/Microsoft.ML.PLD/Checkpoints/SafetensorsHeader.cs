using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.PLD;

/// <summary>The JSON at the head of a safetensors file: what the tensors are called, and where their bytes lie.</summary>
/// <param name="Entries">In the order of their bytes, without gaps.</param>
/// <param name="Metadata">Free text by name.</param>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The format's own limit.</summary>
    public const long MaxBytes = 100_000_000;

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
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.Span[0] != '{') throw new FormatException("its header does not begin with '{'");
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        try
        {
            // The deepest there is: the file, a tensor, its shape.
            using var json = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 3, AllowDuplicateProperties = false });
            foreach (var property in json.RootElement.EnumerateObject())
                if (property.Name == MetadataName) ParseMetadata(property.Value, metadata);
                else entries.Add(ParseEntry(property.Name, property.Value));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException) // the latter: text that is not UTF-8
        {
            throw new FormatException($"its header is not the JSON expected: {failure.Message}", failure);
        }

        // An empty tensor may share its offset with another: it comes first.
        entries = [.. entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length)];
        long end = 0;
        foreach (var entry in entries)
        {
            if (entry.Offset != end)
                throw new FormatException($"tensor '{entry.Name}' begins at byte {entry.Offset} of the data, but the one before it ends at {end}");
            end += entry.Length;
        }
        return new(entries, metadata);
    }

    private static void ParseMetadata(JsonElement json, Dictionary<string, string> metadata)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException($"its '{MetadataName}' is not an object");
        foreach (var property in json.EnumerateObject())
            metadata[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw new FormatException($"its '{MetadataName}' has '{property.Name}' that is not text");
    }

    private static SafetensorsEntry ParseEntry(string name, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new FormatException($"tensor '{name}' is not an object");
        if (!json.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String)
            throw new FormatException($"tensor '{name}' has no dtype");
        var type = SafetensorsType.Of(dtype.GetString())
            ?? throw new FormatException($"tensor '{name}' is of dtype '{dtype.GetString()}'; expected one of {SafetensorsType.Names}");

        var shape = ParseNumbers(name, json, "shape");
        var bytes = SafetensorsEntry.ByteLength(type, shape)
            ?? throw new FormatException($"tensor '{name}' has the impossible shape [{string.Join(", ", shape)}]");
        if (ParseNumbers(name, json, "data_offsets") is not [var begin, var end] || begin < 0 || end < begin)
            throw new FormatException($"tensor '{name}' has data_offsets that are not a begin and an end");
        if (end - begin != bytes)
            throw new FormatException($"tensor '{name}' has {end - begin} bytes, but its shape [{string.Join(", ", shape)}] of {type.Name} takes {bytes}");
        return new(name, type, shape, begin, bytes);
    }

    private static long[] ParseNumbers(string name, JsonElement json, string property) =>
        json.TryGetProperty(property, out var array) && array.ValueKind == JsonValueKind.Array
            ? [.. array.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number)
                ? number
                : throw new FormatException($"tensor '{name}' has {property} with '{item}' instead of a whole number"))]
            : throw new FormatException($"tensor '{name}' has no {property}");

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
