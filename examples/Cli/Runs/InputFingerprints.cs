using System.Text.Json.Nodes;
using Glue;

namespace Cli;

/// <summary>What a training reads, by the settings that name it: another fingerprint for other content.</summary>
internal static class InputFingerprints
{
    /// <summary>Where they stand beside the settings.</summary>
    public const string Field = "fingerprints";

    /// <param name="inputs">Settings, and the files and folders that each names; none: nothing to tell.</param>
    public static JsonObject Of(params ReadOnlySpan<(ISetting Setting, IReadOnlyList<string> Paths)> inputs)
    {
        var all = new JsonObject();
        foreach (var (setting, paths) in inputs)
            if (paths.Count > 0) all[setting.Field] = Fingerprints.Of(paths.SelectMany(FilesOf));
        return all;
    }

    // Without hidden files and folders, which no reader of ours takes.
    private static IEnumerable<string> FilesOf(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false }).Order(StringComparer.Ordinal)
        : [path];
}
