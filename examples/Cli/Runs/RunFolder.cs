using System.Text.Json.Nodes;
using Compare;
using Glue;
using WorkFolder = Compare.WorkFolder;

namespace Cli;

/// <summary>The folder of a training: what it was asked for, its checkpoints, and what came out.</summary>
internal sealed class RunFolder
{
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

    // A run that has written nothing yet leaves nothing to lose.
    private bool HasSomething => IsDone || (Directory.Exists(Checkpoints) && Directory.EnumerateFileSystemEntries(Checkpoints).Any());

    /// <param name="verb">What is done there.</param>
    /// <param name="path">The folder.</param>
    /// <param name="asked">All settings.</param>
    /// <param name="free">Those that may be others than before.</param>
    /// <param name="fresh">Whether what was there is deleted.</param>
    /// <exception cref="UsageException">The folder is that of a run with other settings.</exception>
    public static RunFolder Open(string verb, string path, JsonObject asked, IEnumerable<ISetting> free, bool fresh)
    {
        if (File.Exists(path)) throw new UsageException($"--output: '{path}' is a file; expected a folder, which is made if it is not there.");
        var folder = new RunFolder(new WorkFolder(path), verb);
        if (fresh)
        {
            File.Delete(folder.Results);
            folder.DeleteCheckpoints();
        }
        else if (folder.HasSomething && JsonFile.Read<JsonObject>(folder.Asked) is { } before && Difference(before, asked, [.. free.Select(setting => setting.Field)]) is { Length: > 0 } changed)
            throw new UsageException($"--output: '{path}' has a {(folder.IsDone ? "finished" : "started")} run of other settings: {changed}. Give another --output, or --fresh to begin anew.");
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

    /// <summary>What differs: "steps was 100 and is 200"; empty: nothing.</summary>
    internal static string Difference(JsonObject before, JsonObject now, IReadOnlyCollection<string> free) => string.Join(", ", before.Select(field => field.Key).Union(now.Select(field => field.Key))
        .Where(name => !free.Contains(name) && !JsonNode.DeepEquals(before[name], now[name]))
        .Select(name => $"--{name} was {before[name]?.ToJsonString() ?? "not given"} and is {now[name]?.ToJsonString() ?? "not given"}"));

    private void DeleteCheckpoints()
    {
        if (Directory.Exists(Checkpoints)) Directory.Delete(Checkpoints, recursive: true);
    }
}
