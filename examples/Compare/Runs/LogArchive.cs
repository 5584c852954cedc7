using System.IO.Compression;
using Glue;

namespace Compare;

/// <summary>
/// The raw logs of a comparison in one file: config, reference times, and of each run that has ended every step, what it reached and its scores. The report can be made
/// again from it, without the text and the encoders; in an empty work folder it also stands for the runs.
/// </summary>
internal static class LogArchive
{
    public const string FileName = "logs.zip";

    private const string Config = "config.json", Times = "reference-times.json", Runs = "runs.json", Scores = "scores.json", Conditions = "conditions.json";

    /// <summary>Writes it into the work folder.</summary>
    /// <param name="work">Where the logs are.</param>
    /// <param name="config">The text of the config.</param>
    /// <param name="runs">The runs that have ended.</param>
    /// <param name="scores">What their encoders reach on tasks.</param>
    /// <param name="times">The reference times of their arms.</param>
    /// <param name="conditions">What the report says of how it was done.</param>
    public static void Write(
        WorkFolder work, string config, IReadOnlyList<Run> runs, IReadOnlyList<DownstreamScore> scores, IReadOnlyDictionary<string, ReferenceTimes> times, IReadOnlyList<string> conditions)
    {
        using var content = new MemoryStream();
        using (var archive = new ZipArchive(content, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(Config, config);
            Add(Times, ReferenceFile.Text(times));
            Add(Scores, JsonFile.Text(scores));
            Add(Conditions, JsonFile.Text(conditions));
            Add(Runs, JsonFile.Text(runs.Select(run => new LoggedRun(run.Arm.Name, run.Seed, run.Steps, run.Id))));
            foreach (var run in runs)
                foreach (var file in new[] { "curve.jsonl", "result.json", "downstream-*.json" }.SelectMany(file => Directory.GetFiles(work.Of(run), file)))
                    archive.CreateEntryFromFile(file, $"runs/{run.Id}/{Path.GetFileName(file)}", CompressionLevel.SmallestSize);

            void Add(string name, string text)
            {
                using var entry = new StreamWriter(archive.CreateEntry(name, CompressionLevel.SmallestSize).Open());
                entry.Write(text);
            }
        }
        WholeFile.Write(work.Of(FileName), content.ToArray());
    }

    /// <summary>Reads an archive. The figures of its runs are added up anew from their steps.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="work">Where its files go; empty.</param>
    /// <returns>What is known, the reference times of the arms, and what the report says of how it was done.</returns>
    /// <exception cref="UsageException">It is none, and nothing is left of it; or the folder is not empty.</exception>
    public static (Summary Summary, IReadOnlyDictionary<string, ReferenceTimes> Times, IReadOnlyList<string> Conditions) Read(string path, WorkFolder work)
    {
        if (!File.Exists(path)) throw new UsageException($"--logs: there is no file '{path}'.");
        if (Directory.EnumerateFileSystemEntries(work.Of("")).Any()) throw new UsageException($"--work: '{work.Of("")}' is not empty; expected a new folder for the report of '{path}'.");
        try
        {
            ZipFile.ExtractToDirectory(path, work.Of(""));
            var config = ComparisonConfig.Parse(File.ReadAllText(work.Of(Config)), work.Of(Config), ["(in the archive)"]);
            var times = ReferenceFile.Read(work.ReferenceTimes);
            Run[] runs = [.. Of<LoggedRun[]>(Runs).Select(logged => new Run(config.Arms.Single(arm => arm.Name == logged.Arm), logged.Seed, logged.Steps, logged.Id))];
            var results = runs.Select(run => ResultOf(run, work, times[ReferenceProbe.KindOf(run.Arm)])).ToArray();
            return (new Summary(config, results, Of<DownstreamScore[]>(Scores)), times, Of<string[]>(Conditions));
        }
        catch (Exception damaged) when (damaged is InvalidDataException or FileNotFoundException or DirectoryNotFoundException or KeyNotFoundException or InvalidOperationException)
        {
            work.Clear();
            throw new UsageException($"'{path}' is no whole archive of a comparison: {damaged.Message}");
        }

        T Of<T>(string name) where T : class => JsonFile.Read<T>(work.Of(name)) ?? throw new InvalidDataException($"'{name}' is missing.");
    }

    private static RunResult ResultOf(Run run, WorkFolder work, ReferenceTimes times)
    {
        var known = JsonFile.Read<RunResult>(Path.Combine(work.Of(run), "result.json")) ?? throw new InvalidDataException($"'runs/{run.Id}/result.json' is missing.");
        using var curve = new Curve(Path.Combine(work.Of(run), "curve.jsonl"));
        return RunTotals.Of(run, curve, times, known.Failure, known.Blocks) with { Build = known.Build, Machine = known.Machine };
    }
}
