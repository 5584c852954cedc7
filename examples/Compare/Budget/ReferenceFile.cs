using System.Text.Json;
using System.Text.Json.Serialization;
using Glue;

namespace Compare;

/// <summary>The reference times of a work folder: measured once, so that a comparison that goes on has the same steps and the same clock.</summary>
internal static class ReferenceFile
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    /// <summary>The tables by kind of arm; none where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static IReadOnlyDictionary<string, ReferenceTimes> Read(string path)
    {
        if (!File.Exists(path)) return new Dictionary<string, ReferenceTimes>();
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, ReferenceTimes>>(File.ReadAllText(path), Json) ?? [];
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"'{path}' is damaged: {damaged.Message} Delete it, and the times are measured again.");
        }
    }

    public static void Write(string path, IReadOnlyDictionary<string, ReferenceTimes> times) => WholeFile.Write(path, Text(times));

    public static string Text(IReadOnlyDictionary<string, ReferenceTimes> times) => JsonSerializer.Serialize(times, Json);
}
