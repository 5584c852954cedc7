using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ProgressiveLayerDropTests
{
    [TestMethod]
    public void ThetaFollowsTheClosedForm()
    {
        var schedule = new ProgressiveLayerDrop(thetaBar: 0.5);
        Assert.AreEqual(1.0, schedule.Theta(0, 1_000));
        Assert.AreEqual(0.5 * Math.Exp(-1) + 0.5, schedule.Theta(10, 1_000), 1e-15);
        Assert.AreEqual(0.5, schedule.Theta(1_000, 1_000), 1e-15);
        // Derived from the budget: the same share of the run gives the same theta, whatever its length.
        Assert.AreEqual(schedule.Theta(20, 2_000), schedule.Theta(2_000, 200_000), 1e-15);
        // The mean over the run, integrated: .5 + .5 (1 - e^-100) / 100.
        Assert.AreEqual(0.505, Enumerable.Range(0, 100_000).Average(step => schedule.Theta(step, 100_000)), 1e-4);
    }

    [TestMethod]
    [DataRow(0.5, 8.75, 9.25)]
    [DataRow(0.6, 9.40, 9.80)]
    [DataRow(0.7, 10.05, 10.35)]
    [DataRow(0.8, 10.70, 10.90)]
    [DataRow(0.9, 11.35, 11.45)]
    public void ExpectedBlocksOfTwelveInTheLimit(double theta, double paper, double firstAlwaysKept)
    {
        foreach (var (rule, expected) in new[] { (DepthRule.Paper, paper), (DepthRule.FirstBlockAlwaysKept, firstAlwaysKept) })
        {
            var schedule = new ProgressiveLayerDrop(theta, rule);
            Assert.AreEqual(expected, schedule.KeepProbabilities(1_000_000, 1_000_000, 12).Sum(), 1e-9, $"{rule}");
            var share = schedule.PlanAt(1_000_000, 1_000_000, 12, seed: 1).ExpectedShare;
            Assert.AreEqual(expected / 12, share, 1e-9, $"{rule}");
        }
    }

    [TestMethod]
    public void KeepProbabilitiesFallLinearlyWithDepth()
    {
        CollectionAssert.AreEqual(new[] { 0.875, 0.75, 0.625, 0.5 }, new ProgressiveLayerDrop(0.5).KeepProbabilities(1_000_000, 1_000_000, 4));
        CollectionAssert.AreEqual(new[] { 1, 0.875, 0.75, 0.625 }, new ProgressiveLayerDrop(0.5, DepthRule.FirstBlockAlwaysKept).KeepProbabilities(1_000_000, 1_000_000, 4));
    }

    [TestMethod]
    [DataRow(DepthRule.Paper)]
    [DataRow(DepthRule.FirstBlockAlwaysKept)]
    public void BlocksRunOverTwoThousandStepsAreWithinOnePercentOfTheClosedForm(DepthRule rule)
    {
        const int steps = 2_000, layers = 12;
        var schedule = new ProgressiveLayerDrop(0.5, rule);
        var run = Enumerable.Range(0, steps).Sum(step => schedule.PlanAt(step, steps, layers, seed: 7).Runs.Count);
        // sum over t of sum over i of 1 - ((i - first)/L)(1 - theta(t)), with the geometric sum of theta written out
        var sumOfOneMinusTheta = 0.5 * (steps - (1 - Math.Exp(-100.0)) / (1 - Math.Exp(-100.0 / steps)));
        var depths = rule == DepthRule.Paper ? layers * (layers + 1) / 2 : layers * (layers - 1) / 2;
        var expected = steps * layers - sumOfOneMinusTheta * depths / layers;
        Assert.AreEqual(1, run / expected, 0.01, $"{run} blocks run, {expected:F1} expected");
    }

    [TestMethod]
    public void TheScaleIsTheInverseOfTheProbabilityThatTheGateWasDrawnWith() =>
        Gen.Select(Gen.Double[0.05, 1], Gen.Int[1, 30], Gen.Long[0, 5_000], Gen.ULong).Sample((theta, layers, step, seed) =>
        {
            foreach (var scaling in Enum.GetValues<ResidualScaling>())
            {
                var schedule = new ProgressiveLayerDrop(theta, scaling: scaling);
                var keep = schedule.KeepProbabilities(step, 5_000, layers);
                foreach (var (block, scale) in schedule.PlanAt(step, 5_000, layers, seed).Runs)
                    Assert.AreEqual(scaling == ResidualScaling.None ? 1 : 1 / keep[block], scale);
            }
        });

    [TestMethod]
    public void GatesHaveTheProbabilityTheyClaim()
    {
        var schedule = new ProgressiveLayerDrop(0.5);
        const int draws = 20_000;
        var kept = new int[6];
        for (var draw = 0; draw < draws; draw++)
            foreach (var (block, _) in schedule.PlanAt(900, 1_000, 6, (ulong)draw).Runs)
                kept[block]++;
        var keep = schedule.KeepProbabilities(900, 1_000, 6);
        for (var block = 0; block < 6; block++)
            Assert.AreEqual(keep[block], kept[block] / (double)draws, 5 * Math.Sqrt(0.25 / draws), $"block {block}");
    }

    [TestMethod]
    public void APlanDependsOnSeedAndStepAlone()
    {
        var schedule = new ProgressiveLayerDrop(0.5);
        var forwards = Enumerable.Range(0, 100).Select(step => Blocks(schedule.PlanAt(step, 100, 12, 3))).ToArray();
        var backwards = Enumerable.Range(0, 100).Reverse().Select(step => Blocks(new ProgressiveLayerDrop(0.5).PlanAt(step, 100, 12, 3))).Reverse().ToArray();
        CollectionAssert.AreEqual(forwards, backwards);
        CollectionAssert.AreNotEqual(forwards, Enumerable.Range(0, 100).Select(step => Blocks(schedule.PlanAt(step, 100, 12, 4))).ToArray());

        static string Blocks(LayerPlan plan) => string.Join(' ', plan.Runs.Select(run => run.Block));
    }

    [TestMethod]
    public void ThetaOneIsDense()
    {
        foreach (var rule in Enum.GetValues<DepthRule>())
            CollectionAssert.AreEqual(
                LayerPlan.Dense(13).Runs.ToArray(),
                new ProgressiveLayerDrop(1, rule).PlanAt(57, 100, 13, seed: 9).Runs.ToArray());
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(-0.5)]
    [DataRow(1.01)]
    [DataRow(double.NaN)]
    public void ThetaOutsideItsRangeIsRefusedByName(double theta)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new ProgressiveLayerDrop(theta));
        StringAssert.StartsWith(error.Message, $"thetaBar is {theta}; expected a keep ratio in (0, 1]");
    }

    [TestMethod]
    public void AnImpossiblePlanIsRefused()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(2, [new(0, 1), new(2, 1)], 1)).Message, "Block 2 follows block 0; expected ascending indices from 0 to 1");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(2, [new(1, 1), new(0, 1)], 1)).Message, "Block 0 follows block 1");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(2, [new(1, double.PositiveInfinity)], 1)).Message, "residual scale");
    }
}
