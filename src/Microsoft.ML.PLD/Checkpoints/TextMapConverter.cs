using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>Texts by name, as an object of JSON: no more of them than there can be options, for they take many times their bytes.</summary>
internal sealed class TextMapConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    private const int Most = 256;

    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        var texts = new Dictionary<string, string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = GetText(ref reader);
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || texts.Count == Most || !texts.TryAdd(name, GetText(ref reader)))
                throw new JsonException($"Expected at most {Most} texts, each by another name.");
        }
        return texts;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value) writer.WriteString(name, text);
        writer.WriteEndObject();
    }

    private static string GetText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException failure) // half a surrogate pair, or not UTF-8
        {
            throw new JsonException(failure.Message, failure);
        }
    }
}
