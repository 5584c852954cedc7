using System.IO.Compression;
using Compare;
using Glue;
using RunResult = Compare.RunResult;
using Summary = Compare.Summary;
using WorkFolder = Compare.WorkFolder;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareLogTests
{
    private static readonly Dictionary<PlanKind, double> Blocks = Enum.GetValues<PlanKind>().ToDictionary(kind => kind, _ => 0.1);
    private string _folder = "";

    [TestInitialize]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("compare-logs").FullName;

    [TestCleanup]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestMethod]
    public void AReportComesAgainFromItsLogs()
    {
        var (first, archive) = Logged();
        var again = new WorkFolder(Path.Combine(_folder, "again"));
        var (summary, times, conditions) = LogArchive.Read(archive, again);
        Assert.AreEqual(CompareJson.Of(first), CompareJson.Of(summary));
        CollectionAssert.AreEqual(Verdict.Of(first).ToArray(), Verdict.Of(summary).ToArray());
        Assert.AreEqual("as it was done", conditions.Single());
        Assert.AreEqual(0.01, times.Values.Single().Fixed);
        Assert.HasCount(6, summary.Scores);
    }

    [TestMethod]
    public void FiguresAreAddedUpFromTheSteps()
    {
        var (_, archive) = Logged(loss => loss with { ReferenceSeconds = 1, WallSeconds = 1 });
        var summary = LogArchive.Read(archive, new WorkFolder(Path.Combine(_folder, "again"))).Summary;
        Assert.IsTrue(summary.Results.All(run => run is { ReferenceSeconds: > 5, WallSeconds: 200 }), "taken from result.json");
    }

    [TestMethod]
    public void AReportCanHoldTheArmsAgainstAnother()
    {
        var (first, _) = Logged();
        string[] names = [.. first.Config.Arms.Select(arm => arm.Name)];
        var other = first with { Config = first.Config.Against(names[1]) };
        Assert.AreEqual(names[1], other.Baseline);
        Assert.AreEqual(-first.FinalLoss(names[1]).Mean, other.FinalLoss(names[0]).Mean, 1e-12);
        Assert.Contains("there is no arm 'none'; expected one of:", Assert.ThrowsExactly<UsageException>(() => first.Config.Against("none")).Message);
    }

    [TestMethod]
    public void AFolderWithRunsIsLeftAlone()
    {
        var (_, archive) = Logged();
        var message = Assert.ThrowsExactly<UsageException>(() => LogArchive.Read(archive, new WorkFolder(Path.Combine(_folder, "work")))).Message;
        Assert.Contains("is not empty; expected a new folder", message);
    }

    [TestMethod]
    public void WhatIsNoArchiveIsSaidSo()
    {
        var (path, work) = (Path.Combine(_folder, "logs.zip"), new WorkFolder(Path.Combine(_folder, "again")));
        Assert.Contains("there is no file", Assert.ThrowsExactly<UsageException>(() => LogArchive.Read(path, work)).Message);
        File.WriteAllText(path, "PK, but no more");
        Assert.Contains("is no whole archive of a comparison", Assert.ThrowsExactly<UsageException>(() => LogArchive.Read(path, work)).Message);

        var (_, whole) = Logged();
        File.Copy(whole, path, overwrite: true);
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update)) archive.GetEntry("scores.json")!.Delete();
        Assert.Contains("'scores.json' is missing", Assert.ThrowsExactly<UsageException>(() => LogArchive.Read(path, work)).Message);
        Assert.HasCount(6, LogArchive.Read(whole, work).Summary.Results); // nothing of the damaged one is in its way
    }

    // Two arms and three seeds of 100 steps, each validated twice, as if trained.
    private (Summary Summary, string Archive) Logged(Func<RunResult, RunResult>? change = null)
    {
        var (work, json) = (new WorkFolder(Path.Combine(_folder, "work")), CompareRuns.Two.Replace("\"arms\"", "\"downstream\": { \"tasks\": [\"banking77\"] }, \"arms\""));
        var config = CompareRuns.Config(json);
        var times = new Dictionary<string, ReferenceTimes> { [ReferenceProbe.KindOf(config.Baseline)] = new(0.01, 0.01, Blocks, []) };
        Run[] runs = [.. config.Seeds.SelectMany(seed => config.Arms.Select(arm => new Run(arm, seed, 100, $"{arm.Name}-{seed}")))];
        foreach (var run in runs)
            using (var curve = new Curve(Path.Combine(work.Of(run), "curve.jsonl")))
            {
                for (var step = 1; step <= 100; step++)
                {
                    var share = run.Arm.Training.LayerSchedule.PlanAt(step - 1, 100, 4, run.Seed).ActualShare;
                    curve.Add(new CurvePoint(step, 5 - step / 100.0, 1, Math.Round(share, 9), (int)(4 * share), 2 * step, step % 50 == 0 ? 5 - step / 100.0 + run.Seed / 100.0 : null));
                }
                var result = RunTotals.Of(run, curve, times.Values.Single(), null, []);
                JsonFile.Write(Path.Combine(work.Of(run), "result.json"), change?.Invoke(result) ?? result);
            }
        var summary = new Summary(config, [.. runs.Select(run => JsonFile.Read<RunResult>(Path.Combine(work.Of(run), "result.json"))!)],
            [.. runs.Select(run => new DownstreamScore(run.Arm.Name, run.Seed, "banking77", "accuracy", 0.5 + run.Seed / 10.0))]);
        LogArchive.Write(work, json, runs, summary.Scores, times, ["as it was done"]);
        return (summary, work.Of(LogArchive.FileName));
    }
}
