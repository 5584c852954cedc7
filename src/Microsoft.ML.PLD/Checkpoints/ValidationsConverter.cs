using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>Validations as an array of JSON: no more of them than are ever written.</summary>
/// <param name="most">How many that is.</param>
internal sealed class ValidationsConverter(int most) : JsonConverter<IReadOnlyList<Validation>>
{
    public override IReadOnlyList<Validation> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException();
        var validations = new List<Validation>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (validations.Count == most) throw new JsonException($"Expected at most {most:N0} validations.");
            validations.Add(JsonSerializer.Deserialize<Validation>(ref reader, options) ?? throw new JsonException("A validation is null."));
        }
        return validations;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<Validation> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var validation in value) JsonSerializer.Serialize(writer, validation, options);
        writer.WriteEndArray();
    }
}
