using System.Text.Json.Nodes;
using Glue;

namespace Cli;

/// <summary>What a training reads, by the settings that name it: another fingerprint for other content.</summary>
internal static class InputFingerprints
{
    /// <summary>Where they stand beside the settings.</summary>
    public const string Field = "fingerprints";

    private const long Much = 1_000_000_000;

    /// <param name="hashes">Reads the files.</param>
    /// <param name="inputs">Settings, and the files that are read of what each names; none: nothing to tell.</param>
    public static JsonObject Of(FileHashes hashes, params ReadOnlySpan<(ISetting Setting, IReadOnlyList<string> Files)> inputs)
    {
        var all = new JsonObject();
        foreach (var (setting, files) in inputs)
        {
            if (files.Count == 0) continue;
            if (files.Sum(file => new FileInfo(file).Length) is >= Much and var bytes) Console.WriteLine(FormattableString.Invariant($"{setting.Name}: reading {bytes / 1e9:F1} GB, to know them again"));
            all[setting.Field] = Fingerprints.Of(files, hashes);
        }
        return all;
    }
}
