using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueLearningRateTests
{
    private static readonly RunResult[] Runs =
    [
        GlueRuns.Run("a", "MRPC", 1e-4, 1, 0.70), GlueRuns.Run("a", "MRPC", 3e-4, 1, 0.80), GlueRuns.Run("a", "MRPC", 1e-3, 1, double.NaN),
        GlueRuns.Run("a", "MRPC", 1e-4, 2, 0.95), GlueRuns.Run("a", "MRPC", 3e-4, 2, 0.60),
    ];

    [TestMethod]
    public void TheFirstSeedDecides() => Assert.AreEqual(3e-4, LearningRateChoice.Best(Runs, fullGrid: false));

    [TestMethod]
    public void InTheFullGridTheMeanDoes() => Assert.AreEqual(1e-4, LearningRateChoice.Best(Runs, fullGrid: true));

    [TestMethod]
    public void OfEqualsTheLowest() =>
        Assert.AreEqual(1e-4, LearningRateChoice.Best([GlueRuns.Run("a", "RTE", 1e-3, 1, 0.5), GlueRuns.Run("a", "RTE", 1e-4, 1, 0.5), GlueRuns.Run("a", "RTE", 3e-4, 1, 0.5)], fullGrid: false));

    [TestMethod]
    public void WithoutResultsThereIsNone() => Assert.IsNull(LearningRateChoice.Best([], fullGrid: true));

    // Four of five seeds diverge at the rate whose one survivor is the best of all.
    [TestMethod]
    public void InTheFullGridARateWithFailuresLosesToOneWithout()
    {
        RunResult[] runs =
        [
            GlueRuns.Run("a", "RTE", 1e-3, 1, 0.9), .. Enumerable.Range(2, 4).Select(seed => GlueRuns.Failed("a", "RTE", 1e-3, seed)),
            .. Enumerable.Range(1, 5).Select(seed => GlueRuns.Run("a", "RTE", 1e-4, seed, 0.6)),
        ];
        Assert.AreEqual(1e-4, LearningRateChoice.Best(runs, fullGrid: true));
        Assert.AreEqual(1e-3, LearningRateChoice.Best(runs, fullGrid: false));
        runs[^1] = GlueRuns.Failed("a", "RTE", 1e-4, 5);
        Assert.AreEqual(1e-4, LearningRateChoice.Best(runs, fullGrid: true), "the fewest failures");
        Assert.IsNull(LearningRateChoice.Best(runs.Where(run => run.Failure is not null), fullGrid: true));
    }

    [TestMethod]
    public void ThePaperHasARateForEachTask()
    {
        var settings = new Settings { Data = [], Models = [], Work = "", LearningRates = Lists.Rates(["Paper"]) };
        Assert.AreEqual(2e-4, settings.RatesFor(GlueTasks.ByName("QQP")).Single());
        Assert.AreEqual(7e-5, settings.RatesFor(GlueTasks.ByName("WNLI")).Single());
        CollectionAssert.AreEqual(new[] { 1e-4, 3e-3, 2e-5 }, Lists.Rates(["1e-4,0.003", "2e-5", "1e-4"])!.ToArray());
        Assert.Contains("'high'", Assert.ThrowsExactly<UsageException>(() => Lists.Rates(["high"])).Message);
    }

    [TestMethod]
    [DataRow(0, 0L)]
    [DataRow(20, 20L)]
    [DataRow(345, 0L)] // the epochs end first
    [DataRow(400, 0L)]
    public void StepsAreCutNotStretched(int most, long steps) => Assert.AreEqual(steps, FineTuning.Steps(GlueRuns.Key() with { MaxSteps = most }, rows: 3_668));
}
