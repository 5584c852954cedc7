using System.Text.Json;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueReportTests
{
    private static readonly Summary Two = GlueRuns.Summary(["pld", "scratch"], ["MRPC", "STS-B", "WNLI"],
        GlueRuns.Run("pld", "MRPC", 1e-4, 1, 0.5), GlueRuns.Run("pld", "MRPC", 3e-4, 1, 0.80), GlueRuns.Run("pld", "MRPC", 3e-4, 2, 0.84),
        GlueRuns.Run("scratch", "MRPC", 1e-4, 1, 0.70), GlueRuns.Run("scratch", "MRPC", 1e-4, 2, 0.70), GlueRuns.Run("scratch", "MRPC", 3e-4, 1, 0.6),
        GlueRuns.Run("pld", "STS-B", 3e-4, 1, 0.6), GlueRuns.Run("scratch", "STS-B", 3e-4, 1, double.NaN),
        GlueRuns.Run("pld", "WNLI", 1e-4, 1, 0.4));

    [TestMethod]
    public void Scores()
    {
        var scores = ReportTables.Of(Two).Single(table => table.Title == "Scores");
        CollectionAssert.AreEqual(new[] { "task", "metric", "pld: mean ± deviation", "pld: best", "scratch: mean ± deviation", "scratch: best" }, scores.Header.ToArray());
        string[] expected =
        [
            "MRPC F1 82.0 ± 2.8 84.0 70.0 ± 0.0 70.0", "MRPC Acc 82.0 ± 2.8 84.0 70.0 ± 0.0 70.0", "STS-B Pearson 60.0 60.0 - -", "STS-B Spearman 60.0 60.0 - -", "WNLI Acc 40.0 40.0 - -",
        ];
        CollectionAssert.AreEqual(expected, scores.Rows.Select(row => string.Join(' ', row)).ToArray());
    }

    [TestMethod]
    public void AveragesSayOfHowManyNumbers()
    {
        var rows = ReportTables.Of(Two).Single(table => table.Title == "Averages").Rows;
        Assert.AreEqual("60.7 (5 of 13)", rows[0][1]); // (82 + 60 + 40) / 3
        Assert.AreEqual("70.1 (4 of 12)", rows[1][1]); // sqrt(82 60); without WNLI
        var alone = ReportTables.Of(GlueRuns.Summary(["pld"], ["WNLI"], GlueRuns.Run("pld", "WNLI", 1e-4, 1, 0.4))).Single(table => table.Title == "Averages").Rows;
        Assert.AreEqual("-", alone[1][1]);
    }

    [TestMethod]
    public void DifferencesHaveTheirSpread()
    {
        var rows = ReportTables.Of(Two).Single(table => table.Title == "Differences from pld").Rows;
        // A spread of 0 on one side: 1 degree of freedom, 12.706 times 0.02.
        Assert.AreEqual("MRPC F1 -12.0 ± 25.4", string.Join(' ', rows[0]));
        Assert.AreEqual("STS-B Pearson -", string.Join(' ', rows[2]));
        Assert.IsFalse(ReportTables.Of(GlueRuns.Summary(["pld"], ["RTE"])).Any(table => table.Title.StartsWith("Differences")));
    }

    [TestMethod]
    public void EveryReportHasTheCaveat()
    {
        var tables = ReportTables.Of(Two);
        var page = new ReportPage(ReportText.Title, [ReportText.Caveat], tables, [new ReportPlot("a-b.svg", "a <plot>", 460, [1, 2, 3])], ["batch & size"]);
        var html = HtmlReport.Of(page);
        Assert.Contains("<img width=\"460\" alt=\"a &lt;plot&gt;\" src=\"data:image/svg+xml;base64,AQID\">", html);
        Assert.Contains("optimistic", html);
        Assert.Contains("a &lt;plot&gt;", html);
        Assert.Contains("batch &amp; size", html);
        Assert.DoesNotContain("http", html); // nothing is fetched
        var markdown = MarkdownReport.Of(page);
        Assert.Contains("optimistic", markdown);
        Assert.Contains("| task | metric | scratch |\n|---|---|---|\n| MRPC | F1 | -12.0 ± 25.4 |\n", markdown);
        Assert.Contains("](plots/a-b.svg)", markdown);
    }

    [TestMethod]
    public void CsvHasARowForEachRunAndMetric()
    {
        var lines = CsvReport.Of(Two).TrimEnd().Split('\n');
        Assert.HasCount(1 + 8 * 2 + 1, lines);
        Assert.AreEqual("arm,task,learning_rate,chosen,seed,metric,value,steps,seconds,build,machine,finished,failure", lines[0]);
        Assert.StartsWith("pld,MRPC,0.0001,0,1,F1,0.5,345,12.50,", lines[1]);
        Assert.EndsWith(",2026-11-25T23:00:00Z,", lines[1]);
        Assert.StartsWith("pld,MRPC,0.0003,1,1,F1,0.8,345,12.50,", lines[3]);
        Assert.IsTrue(Array.Exists(lines, line => line.StartsWith("scratch,STS-B,0.0003,1,1,Pearson,,345,12.50,")));
    }

    [TestMethod]
    public void JsonHasTheChosenRunsOnly()
    {
        var records = JsonDocument.Parse(JsonReport.Of(Two)).RootElement;
        Assert.AreEqual(7, records.GetArrayLength());
        var second = records[1];
        Assert.AreEqual("MRPC", second.GetProperty("task").GetString());
        Assert.AreEqual(2, second.GetProperty("seed").GetInt32());
        Assert.AreEqual("F1", second.GetProperty("metric").GetString());
        Assert.AreEqual(0.84, second.GetProperty("value").GetDouble());
        Assert.AreEqual(3e-4, second.GetProperty("learning_rate").GetDouble());
        Assert.AreEqual(12.5, second.GetProperty("seconds").GetDouble());
        Assert.AreEqual("pld", second.GetProperty("arm").GetString());
        Assert.AreEqual(0.84, second.GetProperty("metrics").GetProperty("Acc").GetDouble());
        Assert.AreEqual(JsonValueKind.Null, records[5].GetProperty("value").ValueKind); // STS-B, scratch
    }

    [TestMethod]
    public void ArmsAreNamedApart()
    {
        CollectionAssert.AreEqual(new[] { "model", "scratch", "tiny" }, Names("runs/a/model", "scratch", "tiny"));
        CollectionAssert.AreEqual(new[] { "a/model", "b/model", "scratch" }, Names("runs/a/model", "runs/b/model/", "scratch"));
        CollectionAssert.AreEqual(new[] { "old", "model" }, Names("old=runs/a/model", "runs/a/model"));
        Assert.Contains("NAME=FOLDER", Assert.ThrowsExactly<UsageException>(() => Names("a/model", "a/model")).Message);

        static string[] Names(params string[] models) => [.. Arms.Names(models).Select(arm => arm.Name)];
    }
}
