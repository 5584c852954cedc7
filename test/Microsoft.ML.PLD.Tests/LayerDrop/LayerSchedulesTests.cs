namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LayerSchedulesTests
{
    [TestMethod]
    public void ItGrowsThenDrops()
    {
        var schedule = LayerSchedules.Recommended();
        Assert.HasCount(3, schedule.PlanAt(299, 1000, 12, seed: 1).Runs);
        Assert.HasCount(6, schedule.PlanAt(300, 1000, 12, seed: 1).Runs);
        Assert.HasCount(6, schedule.PlanAt(499, 1000, 12, seed: 1).Runs);
        CollectionAssert.AreEqual(new ProgressiveLayerDrop().KeepProbabilities(500, 1000, 12), schedule.KeepProbabilities(500, 1000, 12));
        // 0.3 x 3 / 12 + 0.2 x 6 / 12 + 0.5 x 8.75 / 12 = 0.54
        Assert.AreEqual(0.54, Enumerable.Range(0, 4000).Average(step => schedule.PlanAt(step, 4000, 12, seed: 1).ActualShare), 0.005);
    }

    [TestMethod]
    [DataRow(4, 1, 2)]
    [DataRow(6, 1, 3)]
    [DataRow(24, 6, 12)]
    public void StagesFollowTheDepth(int layers, int first, int second)
    {
        var schedule = LayerSchedules.Recommended(layers);
        Assert.HasCount(first, schedule.PlanAt(0, 10, layers, seed: 1).Runs);
        Assert.HasCount(second, schedule.PlanAt(4, 10, layers, seed: 1).Runs);
    }

    [TestMethod]
    public void AFewBlocksOnlyDrop()
    {
        Assert.AreEqual(new ProgressiveLayerDrop(), LayerSchedules.Recommended(3));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => LayerSchedules.Recommended(0));
    }
}
