using Compare;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareReferenceTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(12)]
    public void TimesThatAreOnLinesAreFound(int layers)
    {
        var (schedule, expected) = (new ProbeSchedule(layers), Known());
        var timed = Enumerable.Range(0, schedule.Count).Select(plan =>
        {
            var seconds = expected.Of(PlanCost.Of(schedule.PlanAt(plan, 100, layers, 1)));
            return schedule.Timed(plan, [seconds, seconds, 90, 0.001, seconds]); // a step that another program disturbs
        }).ToArray();
        CollectionAssert.AreEquivalent(Enum.GetValues<PlanKind>(), timed.Select(plan => plan.Kind).Distinct().ToArray());
        var found = ReferenceTimes.Fit(timed);
        Assert.AreEqual(0.2, found.Fixed, 1e-9);
        if (layers > 1) Assert.AreEqual(0.15, found.FixedFrozen, 1e-9);
        foreach (var kind in Enum.GetValues<PlanKind>().Where(kind => layers > 1 || kind != PlanKind.Frozen)) Assert.AreEqual(expected.PerShare[kind], found.PerShare[kind], 1e-9, $"{kind}");
        Assert.AreEqual(1.2, found.Dense, 1e-9);
    }

    [TestMethod]
    public void NoTimeThatIsNeededIsNegative()
    {
        Assert.AreEqual((3.0, 0.0), Line((0.5, 4), (1, 2))); // falling with the share, as noise has it
        Assert.AreEqual((-0.25, 4.25), Rounded(Line((0.5, 1.875), (1, 4)))); // from below 0: the last block does less
        var (rest, slope) = Rounded(Line((0.5, 1), (1, 4)));
        Assert.AreEqual((-0.534483, 4.275862), (rest, slope));
        Assert.AreEqual(0, rest + slope * 0.125, 1e-5);

        static (double Start, double Slope) Rounded((double Start, double Slope) line) => (Math.Round(line.Start, 6), Math.Round(line.Slope, 6));

        static (double Start, double Slope) Line(params (double Share, double Seconds)[] points)
        {
            var fit = ReferenceTimes.Fit([.. points.Select(point => new TimedPlan(PlanKind.Whole, 0, point.Share, [point.Seconds]))]);
            return (fit.Fixed, fit.PerShare[PlanKind.Whole]);
        }
    }

    [TestMethod]
    public void WhatWasNotTimedTakesAsLongAsWholeBlocks()
    {
        var fit = ReferenceTimes.Fit([new(PlanKind.Whole, 0, 0.5, [1]), new(PlanKind.Whole, 0, 1, [1.5])]);
        Assert.AreEqual(1, fit.PerShare[PlanKind.Tokens], 1e-12);
        Assert.ThrowsExactly<ArgumentException>(() => ReferenceTimes.Fit([new(PlanKind.Whole, 0, 1, [1])]));
    }

    [TestMethod]
    public void MediansOfEvenAndOddNumbers()
    {
        Assert.AreEqual(2, TimedPlan.MedianOf([9, 1, 2]));
        Assert.AreEqual(1.5, TimedPlan.MedianOf([9, 1, 2, 1]));
        Assert.ThrowsExactly<ArgumentException>(() => TimedPlan.MedianOf([]));
    }

    [TestMethod]
    public void TheTableIsKept()
    {
        using var folder = new TemporaryFolder();
        var path = folder["times.json"];
        Assert.IsEmpty(ReferenceFile.Read(path));
        ReferenceFile.Write(path, new Dictionary<string, ReferenceTimes> { ["6 x 64"] = Known() });
        var read = ReferenceFile.Read(path)["6 x 64"];
        Assert.AreEqual((0.2, 0.15, 0.3), (read.Fixed, read.FixedFrozen, read.PerShare[PlanKind.ForwardOnly]));
        CollectionAssert.AreEqual(new[] { 1.0, 2.0 }, read.Timed.Single().Seconds.ToArray());
        File.WriteAllText(path, "{");
        Assert.Contains("is damaged", Assert.ThrowsExactly<InvalidDataException>(() => ReferenceFile.Read(path)).Message);
    }

    [TestMethod]
    public void ArmsOfTheSameShapeShareATable()
    {
        var arms = CompareRuns.Config("""
            { "text": ["a"], "budget": { "equal": "steps", "steps": 1 },
              "arms": [ { "name": "a" }, { "name": "b", "training": { "learning_rate": 1e-4 }, "schedule": { "name": "Apollo" } }, { "name": "c", "model": { "norm_placement": "Post" } }, { "name": "d", "training": { "batch_size": 16 } },
                        { "name": "e", "training": { "masking_rate": 0.4 } }, { "name": "f", "micro_batch_size": 8 } ] }
            """).Arms;
        Assert.AreEqual(5, arms.Select(ReferenceProbe.KindOf).Distinct().Count());
        Assert.AreEqual(ReferenceProbe.KindOf(arms[0]), ReferenceProbe.KindOf(arms[1]));
    }

    private static ReferenceTimes Known() => new(0.2, 0.15, new Dictionary<PlanKind, double>
    {
        [PlanKind.Whole] = 1, [PlanKind.ForwardOnly] = 0.3, [PlanKind.Frozen] = 0.9, [PlanKind.Sequences] = 1.2, [PlanKind.Tokens] = 1.5,
    }, [new TimedPlan(PlanKind.Whole, 0, 1, [1, 2])]);
}
