using System.Text.Json.Nodes;
using Compare;
using Glue;
using WorkFolder = Compare.WorkFolder;

namespace Cli;

/// <summary>The folder of a training: what it was asked for, its checkpoints, and what came out.</summary>
internal sealed class RunFolder
{
    private static readonly string[] Verbs = ["pretrain", "finetune"];

    private readonly WorkFolder _work;
    private readonly string _verb;

    private RunFolder(WorkFolder work, string verb) => (_work, _verb) = (work, verb);

    public WorkFolder Work => _work;

    public string Checkpoints => _work.Of("checkpoints");

    /// <summary>The folder in Hugging Face's layout.</summary>
    public string Model => _work.Of("model");

    public string ModelZip => _work.Of("model.zip");

    /// <summary>The settings: a config that does the same run again.</summary>
    public string Asked => _work.Of($"{_verb}.json");

    private string Results => _work.Of("results.json");

    /// <summary>Whether the run has ended before, with a result.</summary>
    public bool IsDone => File.Exists(Results);

    /// <summary>The page with the curves.</summary>
    public string Report => _work.Of("report.html");

    // A run that has written nothing yet leaves nothing to lose.
    private bool HasSomething => IsDone || (Directory.Exists(Checkpoints) && Directory.EnumerateFileSystemEntries(Checkpoints).Any());

    // What a run writes over or deletes; null: nothing is there.
    private string? Precious => HasSomething ? (IsDone ? Results : Checkpoints) : new[] { Model, ModelZip, Report }.FirstOrDefault(Path.Exists);

    /// <param name="verb">What is done there.</param>
    /// <param name="path">The folder.</param>
    /// <param name="asked">All settings, and the <see cref="InputFingerprints"/> of what they name.</param>
    /// <param name="free">Those that may be others than before.</param>
    /// <param name="fresh">Whether what a run of this verb has left there is deleted.</param>
    /// <exception cref="UsageException">The folder is that of a run with other settings or other data, or somebody else's.</exception>
    public static RunFolder Open(string verb, string path, JsonObject asked, IEnumerable<ISetting> free, bool fresh)
    {
        if (File.Exists(path)) throw new UsageException($"--output: '{path}' is a file; expected a folder, which is made if it is not there.");
        var folder = new RunFolder(new WorkFolder(path), verb);
        if (Verbs.FirstOrDefault(other => other != verb && File.Exists(folder._work.Of($"{other}.json"))) is { } owner)
            throw new UsageException($"--output: '{path}' is the folder of a {owner}: {owner}.json is there. Give another --output; --fresh does not help, as it deletes only what a {verb} has made.");
        if (!File.Exists(folder.Asked) && folder.Precious is { } strange)
            throw new UsageException($"--output: '{path}' has '{Path.GetFileName(strange)}', and no {verb}.json: it is not the folder of a {verb}. Give another --output; --fresh does not help, as it deletes only what a {verb} has made.");
        if (fresh)
        {
            File.Delete(folder.Results);
            folder.DeleteCheckpoints();
        }
        else if (folder.HasSomething && JsonFile.Read<JsonObject>(folder.Asked) is { } before && Difference(before, asked, [.. free.Select(setting => setting.Field)]) is { Length: > 0 } changed)
            throw new UsageException($"--output: '{path}' has a {(folder.IsDone ? "finished" : "started")} run of something else: {changed}. Give another --output, or --fresh to begin anew.");
        WholeFile.Write(folder.Asked, ConfigFile.Write(asked));
        return folder;
    }

    /// <summary>Notes the result, and that the run has ended.</summary>
    public void End(string json)
    {
        WholeFile.Write(Results, json);
        DeleteCheckpoints();
    }

    public string ReadResults() => File.ReadAllText(Results);

    /// <summary>Refuses to begin with what the run itself writes over.</summary>
    /// <param name="option">That names the model, for messages.</param>
    /// <param name="start">The model.</param>
    /// <param name="output">The run's folder.</param>
    /// <exception cref="UsageException">They are the same.</exception>
    public static void CheckStart(string option, string start, string output)
    {
        if (Path.TrimEndingDirectorySeparator(Path.GetFullPath(start)) == Path.GetFullPath(Path.Combine(output, "model")))
            throw new UsageException($"{option}: '{start}' is where this run, with --output '{output}', puts its own model. Give another --output.");
    }

    /// <summary>What differs: "--steps was 100 and is 200"; empty: nothing.</summary>
    internal static string Difference(JsonObject before, JsonObject now, IReadOnlyCollection<string> free) => string.Join(", ", Changed(before, now)
        .Where(name => name != InputFingerprints.Field && !free.Contains(name))
        .Select(name => $"--{name} was {before[name]?.ToJsonString() ?? "not given"} and is {now[name]?.ToJsonString() ?? "not given"}")
        // A setting that names another path is enough said; runs of before there were fingerprints have none.
        .Concat(before[InputFingerprints.Field] is JsonObject then && now[InputFingerprints.Field] is JsonObject given
            ? Changed(then, given).Where(name => !free.Contains(name) && JsonNode.DeepEquals(before[name], now[name])).Select(name => $"what --{name} reads has changed since")
            : []));

    private static IEnumerable<string> Changed(JsonObject before, JsonObject now) =>
        before.Select(field => field.Key).Union(now.Select(field => field.Key)).Where(name => !JsonNode.DeepEquals(before[name], now[name]));

    private void DeleteCheckpoints()
    {
        if (Directory.Exists(Checkpoints)) Directory.Delete(Checkpoints, recursive: true);
    }
}
