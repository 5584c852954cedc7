namespace Microsoft.ML.PLD.Tests;

/// <summary>Schedules that draw: closed forms of what they expect.</summary>
[TestClass]
public sealed class DrawnScheduleTests
{
    [TestMethod]
    public void ConstantLayerDropIsTheSameAtEveryDepthAndStep()
    {
        foreach (var step in new[] { 0, 57, 99 })
        {
            CollectionAssert.AreEqual(new[] { 0.8, 0.8, 0.8 }, new ConstantLayerDrop().KeepProbabilities(step, 100, 3));
            CollectionAssert.AreEqual(new[] { 1, 0.6, 1, 0.6, 1 }, new ConstantLayerDrop(0.4, everyOther: true).KeepProbabilities(step, 100, 5));
        }
        Assert.IsTrue(new ConstantLayerDrop(0.5).PlanAt(3, 100, 40, seed: 1).Runs.All(run => run.Scale == 1), "Fan et al. scale nothing");
        Assert.IsTrue(new ConstantLayerDrop(0.5, ResidualScaling.BlockDelta).PlanAt(3, 100, 40, seed: 1).Runs.All(run => run.Scale == 2));
    }

    [TestMethod]
    public void DecreasingLayerDropFallsLinearlyToNothing()
    {
        var schedule = new DecreasingLayerDrop(0.8);
        CollectionAssert.AreEqual(new[] { 1 - 0.2, 1 - 0.4, 1 - 0.75 * 0.8, 1 - 0.8 }, schedule.KeepProbabilities(0, 1_000, 4));
        CollectionAssert.AreEqual(new[] { 0.9, 0.8, 0.7, 0.6 }, schedule.KeepProbabilities(500, 1_000, 4).Select(p => Math.Round(p, 12)).ToArray());
        CollectionAssert.AreEqual(LayerPlan.Dense(4).Runs.ToArray(), schedule.PlanAt(1_000, 1_000, 4, seed: 3).Runs.ToArray());
        // Summed over depth, and over time as a trapezoid: rate (L+1)/(2L) / 2.
        Assert.AreEqual(1 - 0.8 * 13 / 24 / 2, Enumerable.Range(0, 10_000).Average(step => schedule.PlanAt(step, 10_000, 12, 1).ExpectedShare), 1e-4);
    }

    [TestMethod]
    public void TheAblationsOfThePaperSaveAsMuch()
    {
        var (paper, uniform) = (new ProgressiveLayerDrop(0.5), new ProgressiveLayerDrop(0.5, DepthRule.Uniform));
        foreach (var step in new[] { 0, 3, 50, 100 })
        {
            Assert.AreEqual(paper.KeepProbabilities(step, 100, 12).Sum(), uniform.KeepProbabilities(step, 100, 12).Sum(), 1e-12);
            Assert.AreEqual(1, uniform.KeepProbabilities(step, 100, 12).Distinct().Count());
        }
        var withoutRamp = new ProgressiveLayerDrop(0.5, gammaTimesSteps: double.PositiveInfinity);
        Assert.AreEqual((0.5, 0.5), (withoutRamp.Theta(0, 100), withoutRamp.Theta(100, 100)));
    }

    [TestMethod]
    public void RandomSubnetworksHaveTheirSizeAndBothEnds()
    {
        var schedule = new RandomSubnetworkGrowth();
        foreach (var (step, size) in new[] { (0, 6), (24, 6), (25, 8), (50, 10), (75, 12), (99, 12) })
            for (var seed = 0UL; seed < 30; seed++)
            {
                var plan = schedule.PlanAt(step, 100, 12, seed);
                Assert.HasCount(size, plan.Runs);
                Assert.AreEqual((0, 11), (plan.Runs[0].Block, plan.Runs[^1].Block));
            }
        CollectionAssert.AreEqual(new[] { 1, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 1 }, schedule.KeepProbabilities(0, 100, 12));
        Assert.IsTrue(new RandomSubnetworkGrowth(ResidualScaling.Paper, new GrowthStage(6, 1)).PlanAt(0, 10, 12, 5).Runs.All(run => run.Scale == (run.Block is 0 or 11 ? 1 : 1 / 0.4)));
    }

    [TestMethod]
    public void RandomSubnetworksDrawEachBlockInBetweenAsOften()
    {
        const int draws = 10_000;
        var counts = new int[8];
        for (var draw = 0; draw < draws; draw++)
            foreach (var run in new RandomSubnetworkGrowth(ResidualScaling.None, new GrowthStage(4, 1)).PlanAt(0, 10, 8, (ulong)draw).Runs) counts[run.Block]++;
        for (var block = 1; block < 7; block++) Assert.AreEqual(2 / 6.0, counts[block] / (double)draws, 5 * Math.Sqrt(0.25 / draws));
    }

    [TestMethod]
    public void DropBackwardOnlyRunsAllAndTrainsSome()
    {
        const int draws = 5_000;
        var schedule = new DropBackwardOnly(0.3, alwaysTrained: 2);
        var passed = new int[6];
        for (var draw = 0; draw < draws; draw++)
        {
            var plan = schedule.PlanAt(7, 100, 6, (ulong)draw);
            CollectionAssert.AreEqual(Enumerable.Range(0, 6).ToArray(), plan.Runs.Select(run => run.Block).ToArray());
            foreach (var run in plan.Runs.Where(run => run.IsForwardOnly)) passed[run.Block]++;
        }
        for (var block = 0; block < 6; block++) Assert.AreEqual(block < 4 ? 0.3 : 0, passed[block] / (double)draws, block < 4 ? 5 * Math.Sqrt(0.25 / draws) : 0);
        Assert.AreEqual(1 - 2 / 3.0 * 0.3 * 4 / 6, schedule.PlanAt(7, 100, 6, 1).ExpectedShare, 1e-12);
    }

    [TestMethod]
    public void SequenceDropRunsEveryBlockOnItsPart()
    {
        var drop = new ProgressiveLayerDrop(0.5);
        var plan = new SequenceDrop(drop).PlanAt(90, 100, 8, seed: 4);
        var keep = drop.KeepProbabilities(90, 100, 8);
        CollectionAssert.AreEqual(keep, plan.Runs.Select(run => run.Subset!.Value.Share).ToArray());
        CollectionAssert.AreEqual(keep.Select(p => 1 / p).ToArray(), plan.Runs.Select(run => run.Scale).ToArray());
        Assert.AreEqual(keep.Average(), plan.ActualShare, 1e-12);
        Assert.AreEqual(ResidualScaling.Paper, plan.Scaling);
        CollectionAssert.AreEqual(LayerPlan.Dense(8).Runs.ToArray(), new SequenceDrop(new DenseSchedule()).PlanAt(3, 100, 8, 4).Runs.ToArray());
    }

    [TestMethod]
    public void RandomTokenDropGrowsToAllTokensAndSparesBothEnds()
    {
        var schedule = new RandomTokenDrop(0.4, until: 0.5);
        Assert.AreEqual(0.4, schedule.ShareAt(0, 100));
        Assert.AreEqual(0.7, schedule.ShareAt(25, 100), 1e-12);
        CollectionAssert.AreEqual(LayerPlan.Dense(5).Runs.ToArray(), schedule.PlanAt(50, 100, 5, 1).Runs.ToArray());
        var plan = schedule.PlanAt(25, 100, 5, seed: 1);
        CollectionAssert.AreEqual(new[] { false, true, true, true, false }, plan.Runs.Select(run => run.Subset is not null).ToArray());
        Assert.AreEqual((2 + 3 * 0.7) / 5, plan.ExpectedShare, 1e-12);
    }

    [TestMethod]
    public void RatesOutsideTheirRangeAreRefusedByName()
    {
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ConstantLayerDrop(1)).Message, "dropRate is 1; expected a probability in [0, 1)");
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DecreasingLayerDrop(-0.1)).Message, "highestRate is -0.1; expected");
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DropBackwardOnly(double.NaN)).Message, "dropRate is NaN; expected");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DropBackwardOnly(0.5, -1));
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomTokenDrop(0)).Message, "firstShare is 0; expected a share in (0, 1]");
        StringAssert.StartsWith(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomTokenDrop(0.5, 1.5)).Message, "until is 1.5; expected");
        StringAssert.StartsWith(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ProgressiveLayerDrop(gammaTimesSteps: 0)).Message, "gammaTimesSteps is 0; expected a positive number");
    }
}
