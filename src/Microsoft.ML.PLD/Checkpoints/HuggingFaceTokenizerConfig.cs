using System.Text.Json;

namespace Microsoft.ML.PLD;

/// <summary>tokenizer_config.json of a BERT folder, as Hugging Face's transformers writes it: the fields that matter here.</summary>
internal sealed record HuggingFaceTokenizerConfig
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, MaxDepth = 16 };

    public bool? DoLowerCase { get; init; }

    public static string Format(bool lowerCase, int maxPositions) => JsonSerializer.Serialize(
        new Dictionary<string, object> { ["tokenizer_class"] = "BertTokenizer", ["do_lower_case"] = lowerCase, ["model_max_length"] = maxPositions }, JsonSerializerOptions.Web);

    /// <summary>Whether text is put into lower case; Hugging Face's default when the field is missing is true.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <exception cref="InvalidDataException">It is no such file.</exception>
    public static bool ParseLowerCase(ReadOnlySpan<byte> utf8, string source)
    {
        try
        {
            return (JsonSerializer.Deserialize<HuggingFaceTokenizerConfig>(Utf8Text.WithoutMark(utf8), Json) ?? throw new JsonException("It is null.")).DoLowerCase ?? true;
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{source}' is not a tokenizer's configuration in JSON: {Excerpt.Of(failure.Message)}", failure);
        }
    }
}
