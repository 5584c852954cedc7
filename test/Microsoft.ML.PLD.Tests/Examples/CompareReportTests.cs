using System.Text.Json;
using Compare;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareReportTests
{
    private static readonly Summary Better = CompareRuns.Summary(
        CompareRuns.Run("dense", 1, 4.5, 4), CompareRuns.Run("dense", 2, 4.6, 4.1), CompareRuns.Run("dense", 3, 4.7, 4.2),
        CompareRuns.Run("pld", 1, 4.2, 3.80, 0.8), CompareRuns.Run("pld", 2, 4.3, 3.91, 0.8), CompareRuns.Run("pld", 3, 4.4, 3.99, 0.8));

    [TestMethod]
    [DataRow(0.12345, "+0.1235")]
    [DataRow(-0.2, "-0.2000")]
    [DataRow(0.00001, "0.0000")]
    [DataRow(-0.00001, "0.0000")]
    public void ADifferenceHasItsSign(double value, string text) => Assert.AreEqual(text, Figures.Signed(value));

    [TestMethod]
    public void AClearDifferenceIsSaidSo()
    {
        var verdict = Verdict.Of(Better);
        Assert.HasCount(2, verdict);
        Assert.Contains("equal steps with 3 seeds; baseline: dense.", verdict[0]);
        Assert.Contains("paired t-test", verdict[0]);
        Assert.Contains("pld: its loss is 0.2000 lower than the baseline's (95 % interval -0.2248 to -0.1752, p < 0.001, 3 seeds): better,", verdict[1]);
        Assert.Contains("A sample takes 20.0 ± 0 % less reference time.", verdict[1]);
        // From 4.2 to 3.80 the baseline's 4 is half of the way, and so on: 75, 75.6 and 74.4 % of the samples.
        Assert.Contains("first reaches the baseline's final loss after 75 ± 1 % of the baseline's samples and 60 ± 1 % of its time.", verdict[1]);
    }

    [TestMethod]
    public void WhatMayBeLuckIsNoFinding()
    {
        var verdict = Verdict.Of(CompareRuns.Summary(
            CompareRuns.Run("dense", 1, 5, 4), CompareRuns.Run("dense", 2, 5, 4.2), CompareRuns.Run("pld", 1, 5, 4.3), CompareRuns.Run("pld", 2, 5, 4.21)));
        Assert.Contains("it may be luck. No difference is shown, nor that there is none.", verdict[1]);
        Assert.Contains("It never reaches the baseline's final loss.", verdict[1]);
    }

    [TestMethod]
    public void ManyArmsNeedMore()
    {
        const string three = """
            { "text": ["a.txt"], "budget": { "equal": "time", "steps": 100 }, "seeds": [1, 2, 3], "arms": [ { "name": "dense" }, { "name": "one" }, { "name": "two" } ] }
            """;
        RunResult[] dense = [CompareRuns.Run("dense", 1, 5, 4), CompareRuns.Run("dense", 2, 5, 4), CompareRuns.Run("dense", 3, 5, 4)];
        // 0.1, 0.13, 0.19 lower: t = 5.3 with 2 degrees of freedom, p = 0.034.
        RunResult[] one = [CompareRuns.Run("one", 1, 5, 3.9), CompareRuns.Run("one", 2, 5, 3.87), CompareRuns.Run("one", 3, 5, 3.81)];
        RunResult[] two = [CompareRuns.Run("two", 1, 5, 3.9), CompareRuns.Run("two", 2, 5, 4.1), CompareRuns.Run("two", 3, 5, 4.05)];
        Assert.Contains("more than the luck of seeds explains", Verdict.Of(CompareRuns.Summary(CompareRuns.Two.Replace("\"pld\"", "\"one\""), [.. dense, .. one]))[1]);
        Assert.Contains("one: its loss is 0.1400 lower", Verdict.Of(CompareRuns.Summary(three, [.. dense, .. one, .. two]))[1]);
        Assert.Contains("alone it would count, but among so many arms it may be the luck of one.", Verdict.Of(CompareRuns.Summary(three, [.. dense, .. one, .. two]))[1]);
    }

    [TestMethod]
    public void OneSeedSaysNothingOfTheSpread()
    {
        var verdict = Verdict.Of(CompareRuns.Summary(CompareRuns.Two.Replace("[1, 2, 3]", "[1]"), CompareRuns.Run("dense", 1, 5, 4), CompareRuns.Run("pld", 1, 5, 3)));
        Assert.Contains("With one seed nothing can be said about the spread", verdict[0]);
        Assert.Contains("1.0000 lower than the baseline's; from one seed, nothing follows.", verdict[1]);
    }

    [TestMethod]
    public void TwoSeedsSayLittle()
    {
        Assert.Contains("take three or more", Verdict.Of(CompareRuns.Summary(CompareRuns.Two.Replace("[1, 2, 3]", "[1, 2]"), [.. Better.Results.Where(run => run.Seed < 3)]))[0]);
        Assert.DoesNotContain("take three or more", Verdict.Of(Better)[0]);
    }

    [TestMethod]
    public void RunsThatDivergedAreNotPassedOver()
    {
        RunResult lost = CompareRuns.Run("pld", 2, 0, 0, failure: "Training has diverged: no.");
        var verdict = Verdict.Of(CompareRuns.Summary(CompareRuns.Run("dense", 1, 5, 4), CompareRuns.Run("dense", 2, 5, 4.1), CompareRuns.Run("pld", 1, 5, 3), lost));
        Assert.Contains("1 of 2 runs diverged. The numbers are of those that did not, and too good.", verdict[1]);
        Assert.Contains("from 1 pair of runs without a spread", verdict[1]);
        Assert.Contains("The baseline has no run that reached its end", Verdict.Of(CompareRuns.Summary(CompareRuns.Run("dense", 1, 0, 0, failure: "x"), lost))[1]);
        var row = CompareTables.Of(CompareRuns.Summary(CompareRuns.Run("dense", 1, 5, 4), CompareRuns.Run("pld", 1, 5, 3), lost), new Dictionary<string, ReferenceTimes>())[0].Rows[1];
        Assert.AreEqual("pld (1 diverged)", row[0]);
        Assert.AreEqual("3.0000 (1 of 3 seeds)", row[1]);
    }

    [TestMethod]
    public void TablesHaveEveryNumberWithItsSpread()
    {
        var times = new Dictionary<string, ReferenceTimes> { ["4 x 64"] = new(0.01, 0.008, Enum.GetValues<PlanKind>().ToDictionary(kind => kind, _ => 0.05), []) };
        var tables = CompareTables.Of(Better, times);
        CollectionAssert.AreEqual(new[] { "Results", "Against dense", "Arms", "Reference system time" }, tables.Select(table => table.Title).ToArray());
        Assert.AreEqual("pld 3.9000 ± 0.0954 -0.2000 ± 0.0248 < 0.001 100 ± 0 800 ± 0 8e5 ± 0 80.00 ± 0 96.00 ± 0", string.Join(' ', tables[0].Rows[1]));
        Assert.AreEqual("pld 20.0 ± 0 % 20.0 ± 0 % 75.0 ± 0.6 % 60.0 ± 0.5 % 1.67 ± 0.01", string.Join(' ', tables[1].Rows[1].Take(6)));
        Assert.AreEqual("4 x 64 60.00 10.00 8.00 50.00 50.00 50.00 50.00 50.00", string.Join(' ', tables[3].Rows[0]));
        foreach (var table in tables)
            foreach (var row in table.Rows) Assert.HasCount(table.Header.Count, row);
    }

    [TestMethod]
    public void DownstreamScoresArePaired()
    {
        var json = CompareRuns.Two.Replace("\"seeds\"", "\"downstream\": { \"tasks\": [\"banking77\"] }, \"seeds\"");
        DownstreamScore[] scores = [.. new[] { ("dense", 1UL, 0.80), ("dense", 2UL, 0.70), ("pld", 1UL, 0.85), ("pld", 2UL, 0.76), ("pld", 3UL, 0.1) }
            .Select(score => new DownstreamScore(score.Item1, score.Item2, "banking77", "accuracy", score.Item3))];
        var summary = CompareRuns.Summary(json, [.. Better.Results]) with { Scores = scores };
        var row = CompareTables.Of(summary, new Dictionary<string, ReferenceTimes>()).Single(table => table.Title == "Downstream").Rows[1];
        // 5 and 6 points: standard error 0.5, times 12.706.
        Assert.AreEqual("+5.5 ± 6.4", row[2]);
        Assert.Contains("On banking77 it scores +5.5 points (± 6.4, which may be luck).", Verdict.Of(summary)[1]);
    }

    [TestMethod]
    public void PagesNeedNoOther()
    {
        var tables = CompareTables.Of(Better, new Dictionary<string, ReferenceTimes>());
        var page = new Glue.ReportPage("A & B", Verdict.Of(Better), tables, [new Glue.ReportPlot("loss.png", "a <plot>", 640, [1, 2, 3])], ["batch & size"]);
        var html = Glue.HtmlReport.Of(page);
        Assert.Contains("<h1>A &amp; B</h1>", html);
        Assert.Contains("src=\"data:image/png;base64,AQID\"", html);
        Assert.Contains("a &lt;plot&gt;", html);
        Assert.Contains("better, and more than the luck of seeds explains", html);
        Assert.DoesNotContain("http", html); // nothing is fetched
        var markdown = Glue.MarkdownReport.Of(page);
        Assert.Contains("| pld | 3.9000 ± 0.0954 | -0.2000 ± 0.0248 |", markdown);
        Assert.Contains("![a <plot>](plots/loss.png)", markdown);
    }

    [TestMethod]
    public void JsonHasARecordForEachArm()
    {
        var root = JsonDocument.Parse(CompareJson.Of(Better)).RootElement;
        Assert.AreEqual("steps", root.GetProperty("budget").GetString());
        var pld = root.GetProperty("arms")[1];
        Assert.AreEqual("pld", pld.GetProperty("arm").GetString());
        Assert.AreEqual(3.9, pld.GetProperty("final_validation_loss").GetDouble(), 1e-9);
        Assert.AreEqual(80, pld.GetProperty("reference_seconds").GetDouble(), 1e-9);
        Assert.AreEqual(96, pld.GetProperty("wall_seconds").GetDouble(), 1e-9);
        Assert.AreEqual(800, pld.GetProperty("samples").GetDouble());
        Assert.AreEqual(8e5, pld.GetProperty("block_flops").GetDouble(), 1);
        Assert.AreEqual(3, pld.GetProperty("runs").GetArrayLength());
        Assert.AreEqual(JsonValueKind.Null, root.GetProperty("arms")[0].GetProperty("p_value").ValueKind);
        Assert.IsLessThan(0.001, pld.GetProperty("p_value").GetDouble());
    }
}
