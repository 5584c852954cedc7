namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GrowingDepthTests
{
    [TestMethod]
    public void StagesRunTheirBlocksAndThenTheOtherScheduleDecides()
    {
        var then = new ProgressiveLayerDrop(0.5);
        var schedule = new GrowingDepth(then, new(3, 0.3), new(6, 0.5));
        for (var step = 0; step < 100; step++)
        {
            var plan = schedule.PlanAt(step, 100, 12, seed: 7);
            if (step < 50)
            {
                var blocks = step < 30 ? 3 : 6;
                CollectionAssert.AreEqual(Enumerable.Range(0, blocks).Select(block => new BlockRun(block, 1)).ToArray(), plan.Runs.ToArray());
                Assert.AreEqual((blocks / 12.0, 1.0, 12), (plan.ExpectedShare, plan.Theta, plan.Blocks));
                CollectionAssert.AreEqual(Enumerable.Range(0, 12).Select(block => block < blocks ? 1.0 : 0).ToArray(), schedule.KeepProbabilities(step, 100, 12));
            }
            else
            {
                CollectionAssert.AreEqual(then.PlanAt(step, 100, 12, seed: 7).Runs.ToArray(), plan.Runs.ToArray());
                CollectionAssert.AreEqual(then.KeepProbabilities(step, 100, 12), schedule.KeepProbabilities(step, 100, 12));
            }
        }
    }

    [TestMethod]
    public void WithoutStagesOrWithFewerBlocksItIsTheOtherSchedule()
    {
        Assert.HasCount(12, new GrowingDepth().PlanAt(0, 10, 12, seed: 1).Runs);
        Assert.HasCount(2, new GrowingDepth(null, new GrowthStage(3, 0.5)).PlanAt(0, 10, 2, seed: 1).Runs);
    }

    [TestMethod]
    public void ImpossibleStagesAreRefused()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new GrowingDepth(null, new(3, 0.3), new(3, 0.5))).Message, "A stage of 3 blocks follows 3 blocks");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new GrowingDepth(null, new(3, 0.3), new(6, 0.3))).Message, "expected more than 0.3, up to 1");
        Assert.ThrowsExactly<ArgumentException>(() => new GrowingDepth(null, new GrowthStage(3, double.NaN)));
        Assert.ThrowsExactly<ArgumentException>(() => new GrowingDepth(null, new GrowthStage(0, 0.5)));
    }

    [TestMethod]
    public void BlocksThatHaveNotBeenAddedKeepTheirWeights()
    {
        using var text = new TestCorpus();
        using var untrained = text.Train(TestCorpus.Options with { Steps = 1, LearningRate = new() { Peak = 1e-30 } });
        using var trained = text.Train(TestCorpus.Options with { Steps = 4, LayerSchedule = new GrowingDepth(null, new GrowthStage(2, 1)) });
        var (before, after) = (TestModel.Bits(untrained.Weights), TestModel.Bits(trained.Weights));
        foreach (var name in before.Keys.Where(name => LayerwiseRate.DepthOf(name, 5) is >= 1 and <= 5 && name.EndsWith("value.weight", StringComparison.Ordinal)))
            Assert.AreEqual(LayerwiseRate.DepthOf(name, 5) > 2, before[name].SequenceEqual(after[name]), name);
    }
}
