using System.Text.Json;
using System.Text.Json.Nodes;
using Glue;
using WorkFolder = Compare.WorkFolder;

namespace Cli;

/// <summary>The folder of a training: what it was asked for, its checkpoints, and what came out.</summary>
internal sealed class RunFolder
{
    private static readonly string[] Verbs = ["pretrain", "finetune"];

    private readonly WorkFolder _work;
    private readonly string _verb;
    private readonly JsonObject _asked;
    private bool _isAccepted;

    private RunFolder(WorkFolder work, string verb, JsonObject asked) => (_work, _verb, _asked) = (work, verb, asked);

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

    /// <summary>Where TensorBoard's curves are, if nobody says otherwise.</summary>
    public string TensorBoard => _work.Of("tensorboard");

    // A run that has written nothing yet leaves nothing to lose.
    private bool HasSomething => IsDone || (Directory.Exists(Checkpoints) && Directory.EnumerateFileSystemEntries(Checkpoints).Any());

    // What a run writes over or deletes; null: nothing is there.
    private string? Precious => HasSomething ? (IsDone ? Results : Checkpoints) : new[] { Model, ModelZip, Report }.FirstOrDefault(Path.Exists);

    /// <param name="verb">What is done there.</param>
    /// <param name="path">The folder.</param>
    /// <param name="asked">All settings, and the <see cref="InputFingerprints"/> of what they name.</param>
    /// <param name="free">Those that may be others than before.</param>
    /// <param name="fresh">Whether what a run of this verb has left there is deleted.</param>
    /// <param name="changes">Where the training itself can be told what may differ when it goes on: what it is told. Null: it cannot.</param>
    /// <exception cref="UsageException">The folder is that of a run with other settings or other data, or somebody else's.</exception>
    public static RunFolder Open(string verb, string path, JsonObject asked, IEnumerable<ISetting> free, bool fresh, IReadOnlyList<string>? changes = null)
    {
        if (File.Exists(path)) throw new UsageException($"--output: '{path}' is a file; expected a folder, which is made if it is not there.");
        var folder = new RunFolder(new WorkFolder(path), verb, asked);
        if (Verbs.FirstOrDefault(other => other != verb && File.Exists(folder._work.Of($"{other}.json"))) is { } owner)
            throw new UsageException($"--output: '{path}' is the folder of a {owner}: {owner}.json is there. Give another --output; --fresh does not help, as it deletes only what a {verb} has made.");
        var before = folder.Before();
        if (before is null && folder.Precious is { } strange)
            throw new UsageException($"--output: '{path}' has '{Path.GetFileName(strange)}', and no {verb}.json: it is not the folder of a {verb}. Give another --output; --fresh does not help, as it deletes only what a {verb} has made.");
        if (fresh) folder.Clear();
        else if (before is not null && folder.HasSomething)
        {
            // What a run that goes on may have changed, its training decides.
            var isFree = changes is { Count: > 0 } && !folder.IsDone;
            if (!isFree && Difference(before, asked, [.. free.Select(setting => setting.Field)]) is { Length: > 0 } changed)
                throw new UsageException($"--output: '{path}' has a {(folder.IsDone ? "finished" : "started")} run of something else: {changed}. Give another --output, or --fresh to begin anew{(changes is null || folder.IsDone ? "" : ", or --allow-change with the training's names of what may differ (for example Steps or LearningRate) to go on")}.");
            return folder; // until it is accepted, the settings there are those of the run
        }
        folder.Accept();
        return folder;
    }

    /// <summary>Notes the settings, once the training has gone on with them.</summary>
    public void Accept()
    {
        if (_isAccepted) return;
        WholeFile.Write(Asked, ConfigFile.Write(_asked));
        _isAccepted = true;
    }

    /// <summary>Notes the result, and that the run has ended.</summary>
    public void End(string json)
    {
        Accept();
        WholeFile.Write(Results, json);
        DeleteCheckpoints();
    }

    public string ReadResults() => File.ReadAllText(Results);

    /// <summary>Refuses to read what the run itself writes.</summary>
    /// <param name="option">That names the input, for messages.</param>
    /// <param name="input">A file or folder.</param>
    /// <param name="output">The run's folder.</param>
    /// <exception cref="UsageException">They are the same, or one within the other.</exception>
    public static void CheckInput(string option, string input, string output)
    {
        var read = Path.TrimEndingDirectorySeparator(Path.GetFullPath(input));
        if (read == Path.GetFullPath(Path.Combine(output, "model")))
            throw new UsageException($"{option}: '{input}' is where this run, with --output '{output}', puts its own model. Give another --output.");
        var within = Path.GetRelativePath(read, Path.GetFullPath(output));
        if (Directory.Exists(read) && within != ".." && !within.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(within))
            throw new UsageException($"--output: '{output}' is {(within == "." ? "the folder" : "in the folder")} that {option} reads, '{input}'. Give an --output outside of it.");
    }

    /// <summary>What differs: "--steps was 100 and is 200"; empty: nothing.</summary>
    internal static string Difference(JsonObject before, JsonObject now, IReadOnlyCollection<string> free)
    {
        var (then, given) = (before[InputFingerprints.Field] as JsonObject ?? [], now[InputFingerprints.Field] as JsonObject ?? []);
        return string.Join(", ", Changed(before, now)
            .Where(name => name != InputFingerprints.Field && !free.Contains(name))
            // The same content under another path is the same run.
            .Where(name => then[name] is not { } content || !JsonNode.DeepEquals(content, given[name]))
            .Select(name => $"--{name} was {before[name]?.ToJsonString() ?? "not given"} and is {now[name]?.ToJsonString() ?? "not given"}")
            // A setting that names another path is enough said.
            .Concat(Changed(then, given).Where(name => !free.Contains(name) && JsonNode.DeepEquals(before[name], now[name])).Select(name => $"what --{name} reads has changed since")));
    }

    private static IEnumerable<string> Changed(JsonObject before, JsonObject now) =>
        before.Select(field => field.Key).Union(now.Select(field => field.Key)).Where(name => !JsonNode.DeepEquals(before[name], now[name]));

    // What the run that is there was asked for; null: there is none. Fingerprints tell a run's settings from a config that somebody has written.
    private JsonObject? Before()
    {
        if (!File.Exists(Asked)) return null;
        try
        {
            var before = JsonNode.Parse(File.ReadAllText(Asked), documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject;
            return before?[InputFingerprints.Field] is JsonObject ? before : throw new UsageException(
                $"--output: '{Asked}' has no \"{InputFingerprints.Field}\", so that no {_verb} has written it, and it would be lost. Give another --output; --fresh does not help, as it deletes only what a {_verb} has made.");
        }
        catch (JsonException damaged)
        {
            throw new UsageException($"--output: '{Asked}' is damaged ({damaged.Message.Split(" LineNumber")[0]}), so that nobody can tell which run the folder has: nothing in it is gone on with or deleted. Give another --output.");
        }
    }

    // Text that was prepared stays, as the same text needs it again; and whatever a user has put beside all this.
    private void Clear()
    {
        foreach (var file in _verb == "finetune" ? [Results, Report, ModelZip] : new[] { Results, Report }) File.Delete(file);
        DeleteCheckpoints();
        if (Directory.Exists(Model)) Delete(Model, ModelFiles.Of(Model));
        if (!Directory.Exists(TensorBoard)) return;
        foreach (var stage in Directory.GetDirectories(TensorBoard)) Delete(stage, Directory.GetFiles(stage, "events.out.tfevents.*"));
        Delete(TensorBoard, []);
    }

    private static void Delete(string folder, IEnumerable<string> files)
    {
        foreach (var file in files) File.Delete(file);
        if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    private void DeleteCheckpoints()
    {
        if (Directory.Exists(Checkpoints)) Directory.Delete(Checkpoints, recursive: true);
    }
}
