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
    /// <summary>The format's own limit.</summary>
    public const long MaxBytes = 100_000_000;

    // No model needs more, and they take far more memory than bytes.
    private const int MostMetadata = 256;

    private const string MetadataName = "__metadata__", TypeName = "dtype", ShapeName = "shape", OffsetsName = "data_offsets";

    // The deepest there is: the file, a tensor, its shape.
    private const int MaxDepth = 3;

    private Dictionary<string, SafetensorsEntry>? _byName;

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
                json.WriteString(TypeName, entry.Type.Name);
                WriteNumbers(json, ShapeName, entry.Shape);
                WriteNumbers(json, OffsetsName, [entry.Offset, entry.Offset + entry.Length]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return [.. buffer.WrittenSpan, .. Enumerable.Repeat((byte)' ', -buffer.WrittenCount & 7)];
    }

    /// <summary>The tensor of this name; null: there is none.</summary>
    public SafetensorsEntry? Find(string name) => (_byName ??= Entries.ToDictionary(entry => entry.Name)).GetValueOrDefault(name);

    /// <summary>Reads and checks a header of a file that is not trusted.</summary>
    /// <exception cref="FormatException">It breaks a rule of the format; the message says which, and for which tensor.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes[0] != '{') throw new FormatException("its header does not begin with '{'");
        var metadata = new Dictionary<string, string>();
        SafetensorsEntry[] entries;
        try
        {
            // Read as it comes, and counted first: a document or a list that grows would take many times the header's bytes.
            var json = UntrustedJson.Reader(bytes, MaxDepth);
            entries = new SafetensorsEntry[CountTensors(json)];
            var count = 0;
            json.Read();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
                if (json.ValueTextEquals(MetadataName)) ParseMetadata(ref json, metadata);
                else entries[count++] = ParseEntry(ref json);
            json.Read(); // what may not follow
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException) // the latter: text that is not UTF-8
        {
            throw new FormatException($"its header is not the JSON expected: {Excerpt.Of(failure.Message)}", failure);
        }

        // An empty tensor may share its offset with another: it comes first.
        Array.Sort(entries, (a, b) => (a.Offset, a.Length).CompareTo((b.Offset, b.Length)) is var order and not 0 ? order : string.CompareOrdinal(a.Name, b.Name));
        long end = 0;
        var byName = new Dictionary<string, SafetensorsEntry>(entries.Length);
        foreach (var entry in entries)
        {
            if (!byName.TryAdd(entry.Name, entry)) throw new FormatException($"its header is not the JSON expected: it has '{Excerpt.Of(entry.Name)}' twice");
            if (entry.Offset != end)
                throw new FormatException($"tensor '{Excerpt.Of(entry.Name)}' begins at byte {entry.Offset} of the data, but the one before it ends at {end}");
            end += entry.Length;
        }
        return new(entries, metadata) { _byName = byName };
    }

    private static int CountTensors(Utf8JsonReader json)
    {
        var count = 0;
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals(MetadataName)) count++;
            json.Skip();
        }
        return count;
    }

    private static void ParseMetadata(ref Utf8JsonReader json, Dictionary<string, string> metadata)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject) throw new FormatException($"its '{MetadataName}' is not an object");
        if (metadata.Count > 0) throw new JsonException($"It has '{MetadataName}' twice.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            if (json.TokenType != JsonTokenType.String) throw new FormatException($"its '{MetadataName}' has '{Excerpt.Of(name)}' that is not text");
            if (metadata.Count == MostMetadata) throw new FormatException($"its '{MetadataName}' has more than {MostMetadata} texts");
            if (!metadata.TryAdd(name, json.GetString()!)) throw new JsonException($"'{MetadataName}' has '{Excerpt.Of(name)}' twice.");
        }
    }

    private static SafetensorsEntry ParseEntry(ref Utf8JsonReader json)
    {
        var name = json.GetString()!;
        var shown = Excerpt.Of(name);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject) throw new FormatException($"tensor '{shown}' is not an object");
        SafetensorsType? type = null;
        long[]? shape = null, offsets = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            if (json.ValueTextEquals(TypeName) && type is null)
            {
                json.Read();
                if (json.TokenType != JsonTokenType.String) throw new FormatException($"tensor '{shown}' has no dtype");
                type = SafetensorsType.Of(ref json)
                    ?? throw new FormatException($"tensor '{shown}' is of dtype '{Excerpt.Of(json.GetString()!)}'; expected one of {SafetensorsType.Names}");
            }
            else if (json.ValueTextEquals(ShapeName) && shape is null) shape = ParseNumbers(ref json, shown, ShapeName);
            else if (json.ValueTextEquals(OffsetsName) && offsets is null) offsets = ParseNumbers(ref json, shown, OffsetsName);
            else if (json.ValueTextEquals(TypeName) || json.ValueTextEquals(ShapeName) || json.ValueTextEquals(OffsetsName)) throw new JsonException($"Tensor '{shown}' has a property twice");
            else json.Skip();

        if (type is null) throw new FormatException($"tensor '{shown}' has no dtype");
        if (shape is null) throw new FormatException($"tensor '{shown}' has no {ShapeName}");
        if (offsets is null) throw new FormatException($"tensor '{shown}' has no {OffsetsName}");
        var bytes = SafetensorsEntry.ByteLength(type, shape)
            ?? throw new FormatException($"tensor '{shown}' has the impossible shape [{string.Join(", ", shape)}]");
        if (offsets is not [var begin, var end] || begin < 0 || end < begin)
            throw new FormatException($"tensor '{shown}' has data_offsets that are not a begin and an end");
        if (end - begin != bytes)
            throw new FormatException($"tensor '{shown}' has {end - begin} bytes, but its shape [{string.Join(", ", shape)}] of {type.Name} takes {bytes}");
        return new(name, type, shape, begin, bytes);
    }

    private static long[] ParseNumbers(ref Utf8JsonReader json, string name, string property)
    {
        const int most = SafetensorsEntry.MaxRank;
        json.Read();
        if (json.TokenType != JsonTokenType.StartArray) throw new FormatException($"tensor '{name}' has no {property}");
        Span<long> numbers = stackalloc long[most];
        var count = 0;
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number))
                throw new FormatException($"tensor '{name}' has {property} with '{Excerpt.Of(Encoding.UTF8.GetString(json.ValueSpan[..Math.Min(json.ValueSpan.Length, most * sizeof(long))]))}' instead of a whole number");
            if (count == most) throw new FormatException($"tensor '{name}' has {property} with more than {most} numbers");
            numbers[count++] = number;
        }
        return numbers[..count].ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
