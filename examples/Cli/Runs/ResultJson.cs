using System.Text.Json;

namespace Cli;

/// <summary>Results for other programs: fields like <c>final_loss</c>.</summary>
internal static class ResultJson
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower, NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static string Of<T>(T result) => JsonSerializer.Serialize(result, Json);
}
