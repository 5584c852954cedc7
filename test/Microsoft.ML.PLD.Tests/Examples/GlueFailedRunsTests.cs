using System.Text.Json;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueFailedRunsTests
{
    private static readonly Summary Some = GlueRuns.Summary(["pld"], ["MRPC", "RTE"],
        GlueRuns.Run("pld", "MRPC", 1e-4, 1, 0.8), GlueRuns.Run("pld", "MRPC", 1e-4, 2, 0.9), GlueRuns.Failed("pld", "MRPC", 1e-4, 3), GlueRuns.Failed("pld", "MRPC", 1e-3, 1),
        GlueRuns.Failed("pld", "RTE", 1e-4, 1), GlueRuns.Failed("pld", "RTE", 1e-3, 1));

    [TestMethod]
    public void TheScoresSayOfHowManyRuns()
    {
        var tables = ReportTables.Of(Some);
        Assert.AreEqual("MRPC F1 85.0 ± 7.1 (2 of 3 runs) 90.0", string.Join(' ', Table("Scores").Rows[0]));
        Assert.Contains("too good", Table("Scores").Note);
        Assert.Contains("too good", Table("Averages").Note);
        CollectionAssert.AreEqual(new[] { "MRPC 1e-4 2 of 3 345 12", "RTE - 0 of 2 - -" }, Table("Runs").Rows.Select(row => string.Join(' ', row)).ToArray());
        Assert.DoesNotContain("fewest failures", Table("Runs").Note);

        ReportTable Table(string title) => tables.Single(table => table.Title == title);
    }

    [TestMethod]
    public void EveryReportListsThem()
    {
        var tables = ReportTables.Of(Some);
        var page = new ReportPage("", [], tables, [], []);
        Assert.HasCount(4, tables.Single(table => table.Title == "Failed runs").Rows);
        Assert.Contains("| MRPC | pld | 1e-4 | 3 | 345 | Training has diverged, \"loss\" \\| NaN |\n", MarkdownReport.Of(page));
        Assert.Contains("<td>Training has diverged, &quot;loss&quot; | NaN</td>", HtmlReport.Of(page));
        var csv = CsvReport.Of(Some).TrimEnd().Split('\n');
        Assert.HasCount(1 + 2 * 2 + 4, csv);
        Assert.IsTrue(Array.Exists(csv, line => line.StartsWith("pld,MRPC,0.0001,1,3,,,345,12.50,") && line.EndsWith("Z,\"Training has diverged, \"\"loss\"\" | NaN\"")));
        var json = JsonDocument.Parse(JsonReport.Of(Some)).RootElement;
        Assert.AreEqual(3 + 2, json.GetArrayLength());
        Assert.AreEqual(JsonValueKind.Null, json[2].GetProperty("value").ValueKind);
        Assert.Contains("diverged", json[2].GetProperty("failure").GetString()!);
    }

    [TestMethod]
    public void TheFullGridSaysWhenNoRateIsWithout()
    {
        var grid = Some with { FullGrid = true };
        Assert.EndsWith("the fewest failures was taken: pld on MRPC (2 of 3 runs).", ReportTables.Of(grid).Single(table => table.Title == "Runs").Note);
    }

    [TestMethod]
    public void WithoutFailuresThereIsNoWordOfThem()
    {
        var tables = ReportTables.Of(GlueRuns.Summary(["pld"], ["RTE"], GlueRuns.Run("pld", "RTE", 1e-4, 1, 0.5)));
        Assert.IsFalse(tables.Any(table => table.Title == "Failed runs" || table.Note.Contains("fail")));
    }
}
