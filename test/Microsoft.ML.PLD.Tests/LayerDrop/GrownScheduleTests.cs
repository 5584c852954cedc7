namespace Microsoft.ML.PLD.Tests;

/// <summary>Schedules whose encoder grows: stages, and whose weights new blocks take.</summary>
[TestClass]
public sealed class GrownScheduleTests
{
    [TestMethod]
    public void StackingCopiesTheWholeStack()
    {
        var schedule = new ProgressiveStacking(CopiedState.Reset, new(3, 0.2), new(6, 0.5));
        CollectionAssert.AreEqual(new[] { 3, 3, 6, 6, 12, 12 }, new[] { 0, 19, 20, 49, 50, 99 }.Select(step => schedule.PlanAt(step, 100, 12, 1).Runs.Count).ToArray());
        var copies = Copies(schedule, 12);
        CollectionAssert.AreEqual(new[] { 20L, 50 }, copies.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 0, 1, 2, 6, 7, 8, 9, 10, 11 }, copies[20].Sources.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5 }, copies[50].Sources.ToArray());
        Assert.AreEqual(CopiedState.Reset, copies[20].State);
        // A validation after the 20th step comes after the growth.
        CollectionAssert.AreEqual(new[] { 3, 3, 6, 12 }, new[] { 0, 19, 20, 50 }.Select(done => schedule.EvaluationPlan(done, 100, 12).Runs.Count).ToArray());
    }

    [TestMethod]
    public void MultiStageTrainsTheNewestAndThenAll()
    {
        var schedule = new MultiStageLayerwise();
        string Plan(int step) => string.Concat(schedule.PlanAt(step, 100, 12, 1).Runs.Select(run => run.IsTrained ? 'T' : 'f'));
        CollectionAssert.AreEqual(new[] { "TTT", "fffTTT", "ffffffTTT", "fffffffffTTT", "TTTTTTTTTTTT" }, new[] { 0, 15, 35, 55, 75 }.Select(Plan).ToArray());
        CollectionAssert.AreEqual(new[] { true, false, true }, new[] { 0, 15, 75 }.Select(step => schedule.PlanAt(step, 100, 12, 1).TrainsEmbeddings).ToArray());
        Assert.AreEqual((3 / 3.0 + 3) / 12, schedule.PlanAt(15, 100, 12, 1).ExpectedShare, 1e-12);
        var copies = Copies(schedule, 12);
        CollectionAssert.AreEqual(new[] { 15L, 35, 55 }, copies.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 4, 5, 3, 4, 5, 9, 10, 11 }, copies[35].Sources.ToArray());
        // More new blocks than there were: again from the lowest of those copied.
        CollectionAssert.AreEqual(new[] { 0, 1, 0, 1, 0 }, Copies(new MultiStageLayerwise(CopiedState.Copied, new GrowthStage(2, 0.5)), 5)[50].Sources.ToArray());
    }

    [TestMethod]
    [DataRow(1, 1.8)]
    [DataRow(3, 4.2)]
    [DataRow(6, 7.1)]
    [DataRow(12, 12.0)]
    public void ApollosDepthsHaveTheMeanOfThePapersCode(int unique, double mean)
    {
        var depths = Enumerable.Range(0, 100_000).Select(i => Apollo.DepthOf((i + 0.5) / 100_000, unique, 12)).ToArray();
        Assert.AreEqual(mean, depths.Average(), 0.06);
        Assert.AreEqual(depths.Average(), Apollo.MeanDepth(unique, 12), 1e-3);
        for (var layers = 1; layers <= 200; layers++) Assert.AreEqual(layers, Apollo.DepthOf(0, Math.Min(unique, layers), layers), "the deepest runs all");
        Assert.AreEqual(unique, depths.Min());
        Assert.AreEqual(12, depths.Max());
        var plans = Enumerable.Range(0, 3_000).Select(seed => new Apollo(CopiedState.Copied, new GrowthStage(unique, 1)).PlanAt(0, 10, 12, (ulong)seed)).ToArray();
        Assert.AreEqual(mean, plans.Average(plan => plan.Runs.Count), 0.2);
    }

    [TestMethod]
    public void ApolloSpreadsItsBlocksOverTheDepth()
    {
        var schedule = new Apollo();
        CollectionAssert.AreEqual(new[] { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2 }, schedule.EvaluationPlan(7, 100, 12).Runs.Select(run => run.Block).ToArray());
        foreach (var seed in Enumerable.Range(0, 50))
        {
            var runs = schedule.PlanAt(7, 100, 12, (ulong)seed).Runs.Select(run => run.Block).ToArray();
            CollectionAssert.AreEqual(Enumerable.Range(0, runs.Length).Select(j => j * 3 / runs.Length).ToArray(), runs);
        }
        var copies = Copies(schedule, 12);
        CollectionAssert.AreEqual(new[] { 5L, 10, 25 }, copies.Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 0, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, copies[5].Sources.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 0, 1, 1, 2, 2, 6, 7, 8, 9, 10, 11 }, copies[10].Sources.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5 }, copies[25].Sources.ToArray());
    }

    [TestMethod]
    public void PartsOfAComposedScheduleCountTheirOwnSteps()
    {
        var (first, second) = (new ProgressiveLayerDrop(0.5), new ProgressiveStacking(CopiedState.Copied, new GrowthStage(2, 0.5)));
        var schedule = new ComposedSchedule((first, 0.25), (second, 1));
        CollectionAssert.AreEqual(first.KeepProbabilities(10, 50, 6), schedule.KeepProbabilities(10, 200, 6));
        CollectionAssert.AreEqual(first.PlanAt(10, 50, 6, 9).Runs.ToArray(), schedule.PlanAt(10, 200, 6, 9).Runs.ToArray());
        Assert.HasCount(2, schedule.PlanAt(50, 200, 6, 9).Runs);
        CollectionAssert.AreEqual(new[] { 125L }, Copies(schedule, 6, 200).Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 6, 2, 6 }, new[] { 50, 51, 125 }.Select(done => schedule.EvaluationPlan(done, 200, 6).Runs.Count).ToArray());
        // Too short for a step of its own, a part is left out.
        Assert.HasCount(2, new ComposedSchedule((first, 0.1), (second, 1)).PlanAt(0, 3, 6, 9).Runs);

        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ComposedSchedule((first, 0.5))).Message, "ends at the share 0.5 of the steps; expected 1");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new ComposedSchedule((first, 0.5), (second, 0.5))).Message, "expected more than 0.5, up to 1");
        Assert.ThrowsExactly<ArgumentException>(() => new ComposedSchedule());
        Assert.ThrowsExactly<ArgumentException>(() => new ComposedSchedule((null!, 1)));
    }

    [TestMethod]
    public void WhatHasNotGrownByTheEndOfARunOrAPartGrowsThen()
    {
        var growing = new ProgressiveStacking(CopiedState.Copied, new(2, 0.5), new(4, 1));
        CollectionAssert.AreEqual(new[] { 50L, 100 }, Copies(growing, 7).Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 0, 1, 2 }, Copies(growing, 7)[100].Sources.ToArray());
        Assert.HasCount(7, growing.EvaluationPlan(100, 100, 7).Runs);
        var composed = new ComposedSchedule((growing, 0.4), (new ProgressiveLayerDrop(), 1));
        CollectionAssert.AreEqual(new[] { 20L, 40 }, Copies(composed, 7).Keys.ToArray());
        Assert.HasCount(7, composed.EvaluationPlan(40, 100, 7).Runs);
        // One growth after another, as one.
        CollectionAssert.AreEqual(new[] { 0, 1, 0, 1, 0, 1, 0 }, growing.CopiesAfter(1, 100, 100, 7)!.Sources.ToArray());
        Assert.IsNull(growing.CopiesAfter(51, 99, 100, 7));
        Assert.AreEqual(CopiedState.Reset, new BlockCopies([0, 0], CopiedState.Reset).Then(new([0, 1])).State);
    }

    [TestMethod]
    public void SchedulesMadeOfOthersPassOnWhatTheyCopyMeasureAndLeaveOut()
    {
        var stacking = new ProgressiveStacking(CopiedState.Copied, new(2, 0.3), new(4, 0.6));
        // Its first growth falls into the other's first blocks: made up for when it takes over.
        var growing = new GrowingDepth(stacking, new GrowthStage(3, 0.4));
        CollectionAssert.AreEqual(new[] { 40L, 60 }, Copies(growing, 8).Keys.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 1, 0, 1, 4, 5, 6, 7 }, Copies(growing, 8)[40].Sources.ToArray());
        CollectionAssert.AreEqual(new[] { 8, 4, 8 }, new[] { 10, 40, 60 }.Select(done => growing.EvaluationPlan(done, 100, 8).Runs.Count).ToArray());
        var byParts = new SequenceDrop(stacking);
        CollectionAssert.AreEqual(new[] { 30L, 60 }, Copies(byParts, 8).Keys.ToArray());
        Assert.HasCount(2, byParts.EvaluationPlan(29, 100, 8).Runs);

        var adaptive = new AdaptiveLayerDrop(measurements: 4);
        BlockChange[] changes = [.. Enumerable.Range(1, 8).Select(block => new BlockChange(block, 0))];
        var known = adaptive.Knowing(changes).KeepProbabilities(50, 100, 8);
        CollectionAssert.AreNotEqual(adaptive.KeepProbabilities(50, 100, 8), known);
        var later = new GrowingDepth(adaptive, new GrowthStage(3, 0.4)); // at 40 what it would have measured at 0 and 25
        CollectionAssert.AreEqual(new[] { 40, 50, 75 }, Enumerable.Range(0, 100).Where(step => later.MeasuresBefore(step, 100)).ToArray());
        Assert.IsFalse(new GrowingDepth(null, new GrowthStage(3, 0.4)).MeasuresBefore(40, 100));
        foreach (var schedule in new ILayerSchedule[] { new GrowingDepth(adaptive), new SequenceDrop(adaptive), new ComposedSchedule((adaptive, 1)) })
        {
            CollectionAssert.AreEqual(new[] { 0, 25, 50, 75 }, Enumerable.Range(0, 100).Where(step => schedule.MeasuresBefore(step, 100)).ToArray());
            CollectionAssert.AreEqual(known, schedule.Knowing(changes).KeepProbabilities(50, 100, 8));
            CollectionAssert.AreEqual(adaptive.KeepProbabilities(50, 100, 8), schedule.Knowing(null).KeepProbabilities(50, 100, 8));
        }
    }

    private static SortedDictionary<long, BlockCopies> Copies(ILayerSchedule schedule, int layers, int steps = 100) =>
        new(Enumerable.Range(1, steps).Select(step => (Step: (long)step, Copies: schedule.CopiesAfter(step, steps, layers))).Where(at => at.Copies is not null).ToDictionary(at => at.Step, at => at.Copies!));
}
