using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueOriginsTests
{
    private static readonly RunResult Run = GlueRuns.Run("pld", "RTE", 1e-4, 1, 0.5);

    [TestMethod]
    public void ResultsOfThisBuildNeedNoCaution()
    {
        var summary = GlueRuns.Summary(["pld"], ["RTE"], Run);
        Assert.IsNull(Origins.Caution(summary));
        CollectionAssert.AreEqual(new[] { RunKey.LibraryBuild, ThisMachine.Name, "1", "2026-11-25" }, Origins.Table(summary).Rows.Single().ToArray());
    }

    [TestMethod]
    public void ThoseOfAnotherAreNotPassedOffAsThisOnes()
    {
        var summary = GlueRuns.Summary(["pld"], ["RTE"], Run with { Build = "0.0.1+old" });
        Assert.StartsWith("Caution: the results are of another build than this report.", Origins.Caution(summary)!);
    }

    [TestMethod]
    public void SeveralAreListedAndSaidPlainly()
    {
        var old = Run with { Build = "0.0.1+old", Machine = "another", Finished = Run.Finished.AddDays(-9) };
        var summary = GlueRuns.Summary(["pld"], ["RTE"], Run, old, old with { Finished = Run.Finished.AddDays(-7) });
        var tables = ReportTables.Of(summary);
        Assert.StartsWith("Caution: the results are of 2 different builds, and of 2 different machines.", tables.Single(table => table.Title == "Averages").Note);
        var rows = tables.Single(table => table.Title == "Origin of the results").Rows;
        Assert.HasCount(2, rows);
        CollectionAssert.AreEqual(new[] { "0.0.1+old", "another", "2", "2026-11-16 to 2026-11-18" }, rows[0].ToArray());
    }
}
