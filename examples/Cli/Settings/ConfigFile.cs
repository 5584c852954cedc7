using System.Text.Json;
using System.Text.Json.Nodes;
using Glue;

namespace Cli;

/// <summary>Settings of a verb as a JSON object: a field for each option, with its name without the dashes.</summary>
internal static class ConfigFile
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The file as a command line would say it: the option and its values, field by field.</summary>
    /// <param name="path">The file; paths in it are relative to its folder. Fingerprints, which a training adds, are passed over.</param>
    /// <param name="settings">Those that the verb has.</param>
    /// <exception cref="UsageException">It is not there, no JSON object, or has a field that is no setting, or a value of another kind.</exception>
    public static IReadOnlyList<(ISetting Setting, IReadOnlyList<string> Words)> Read(string path, IReadOnlyCollection<ISetting> settings)
    {
        if (!File.Exists(path)) throw new UsageException($"--config: there is no file '{path}'.");
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new UsageException($"{path} is {document.RootElement.ValueKind}; expected a JSON object, as --print-config prints it.");
            return [.. document.RootElement.EnumerateObject().Where(field => field.Value.ValueKind != JsonValueKind.Null && field.Name != InputFingerprints.Field).Select(field => Read(path, field, settings))];
        }
        catch (JsonException damaged)
        {
            throw new UsageException($"{path} is not JSON near line {damaged.LineNumber + 1}: {damaged.Message.Split(" LineNumber")[0].Split(" Path:")[0]}");
        }
    }

    public static string Write(JsonObject settings) => settings.ToJsonString(Json);

    private static (ISetting, IReadOnlyList<string>) Read(string path, JsonProperty field, IReadOnlyCollection<ISetting> settings)
    {
        string[] known = [.. settings.Select(setting => setting.Field)];
        var setting = settings.FirstOrDefault(setting => setting.Field == field.Name)
            ?? throw new UsageException($"{path}: '{field.Name}' is no setting of this verb{Nearest.Hint(field.Name, known)}; expected {Settings.Expected(known)}.");
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        // An object is a value of its own, as of "schedule".
        IEnumerable<JsonElement> values = field.Value.ValueKind == JsonValueKind.Array ? field.Value.EnumerateArray() : [field.Value];
        string[] words = [.. values.Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())];
        if (words.Length != 1 && !setting.TakesMany) throw new UsageException($"{path}: '{field.Name}' is {field.Value.GetRawText()}; expected a single value.");
        return words.Length == 0 ? (setting, []) : (setting, [setting.Name, .. setting.IsPath ? words.Select(word => Path.GetFullPath(word, folder)) : words]);
    }
}
