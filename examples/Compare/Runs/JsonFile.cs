using System.Text.Json;
using System.Text.Json.Serialization;
using Glue;

namespace Compare;

/// <summary>A result on disk: whole, or not there.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static T? Read<T>(string path) where T : class
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json);
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"'{path}' is damaged: {damaged.Message} Delete it, and the result is made again.");
        }
    }

    public static void Write<T>(string path, T value) => WholeFile.Write(path, Text(value));

    public static string Text<T>(T value) => JsonSerializer.Serialize(value, Json);
}
