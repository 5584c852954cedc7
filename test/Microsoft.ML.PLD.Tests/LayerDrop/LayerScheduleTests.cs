using CsCheck;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What holds for every schedule.</summary>
[TestClass]
public sealed class LayerScheduleTests
{
    private static readonly ILayerSchedule[] All =
    [
        new DenseSchedule(), new ProgressiveLayerDrop(0.5), new ProgressiveLayerDrop(0.6, DepthRule.Uniform, ResidualScaling.BlockDelta, double.PositiveInfinity),
        new GrowingDepth(new ProgressiveLayerDrop(), new(3, 0.3), new(6, 0.5)), new ConstantLayerDrop(), new ConstantLayerDrop(0.4, ResidualScaling.Paper, everyOther: true),
        new DecreasingLayerDrop(), new RandomSubnetworkGrowth(), new RandomSubnetworkGrowth(ResidualScaling.Paper, new(1, 0.2), new(3, 0.7)), new ProgressiveStacking(),
        new MultiStageLayerwise(), new Apollo(), new DropBackwardOnly(0.5, 2), new SequenceDrop(), new SequenceDrop(new ConstantLayerDrop(), ResidualScaling.BlockDelta), new RandomTokenDrop(),
        new AdaptiveLayerDrop(), new AdaptiveLayerDrop(0.4, scaling: ResidualScaling.BlockDelta),
        new ComposedSchedule((new ProgressiveStacking(), 0.4), (new ProgressiveLayerDrop(), 1)),
    ];

    public static IEnumerable<object[]> Names => All.Select((schedule, index) => new object[] { $"{schedule.GetType().Name} {index}" });

    private static ILayerSchedule Named(string name) => All[int.Parse(name.Split(' ')[1], null)];

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void APlanFitsTheEncoderAndIsAFunctionOfItsArguments(string name) =>
        Gen.Select(Gen.Int[0, 14], Gen.Int[1, 300], Gen.Double[0, 1], Gen.ULong).Sample((layers, steps, share, seed) =>
        {
            var (schedule, step) = (Named(name), (long)(share * (steps - 1)));
            var (plan, again) = (schedule.PlanAt(step, steps, layers, seed), schedule.PlanAt(step, steps, layers, seed));
            Assert.AreEqual(layers, plan.Blocks);
            CollectionAssert.AreEqual(plan.Runs.ToArray(), again.Runs.ToArray());
            var keep = schedule.KeepProbabilities(step, steps, layers);
            Assert.HasCount(layers, keep);
            Assert.IsTrue(keep.All(p => p is >= 0 and <= 1), string.Join(' ', keep));
            foreach (var run in plan.Runs) Assert.IsGreaterThan(0, keep[run.Block], "what runs has a probability");
            for (var block = 0; block < layers; block++) Assert.IsTrue(keep[block] < 1 || plan.Runs.Any(run => run.Block == block), $"block {block} is certain");
            Assert.IsTrue(plan.ExpectedShare is >= 0 and <= 1.0000001 && plan.Theta is >= 0 and <= 1);
            if (schedule.CopiesAfter(step + 1, steps, layers) is { } copies) Assert.HasCount(layers, copies.Sources);
        }, iter: 200);

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void PlansSpendWhatTheScheduleExpects(string name)
    {
        const int steps = 20, layers = 12, seeds = 300;
        var schedule = Named(name);
        for (var step = 0; step < steps; step++)
        {
            var plans = Enumerable.Range(0, seeds).Select(seed => schedule.PlanAt(step, steps, layers, (ulong)seed)).ToArray();
            Assert.AreEqual(plans[0].ExpectedShare, plans.Average(plan => plan.ActualShare), 5 * 0.5 / Math.Sqrt(seeds) / Math.Sqrt(layers) + 0.01, $"step {step}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void InTheEndEveryBlockWasTrainedOrTakenFromOneThatWas(string name)
    {
        foreach (var layers in new[] { 1, 2, 5, 12, 13 })
            for (var steps = 2; steps <= 60; steps++)
            {
                var (schedule, trained) = (Named(name), new bool[layers]);
                for (var step = 0; step < steps; step++)
                {
                    var (plan, keep) = (schedule.PlanAt(step, steps, layers, 1), schedule.KeepProbabilities(step, steps, layers));
                    for (var block = 0; block < layers; block++) trained[block] |= keep[block] is > 0 and < 1; // it might have been drawn
                    foreach (var run in plan.Runs.Where(run => run.IsTrained)) trained[run.Block] = true;
                    if (schedule.CopiesAfter(step + 1, steps, layers) is { } copies) trained = [.. copies.Sources.Select(source => trained[source])];
                }
                Assert.IsTrue(trained.All(isTrained => isTrained), $"{layers} blocks, {steps} steps: {string.Join(' ', trained)}");
            }
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void InTheEndTheModelIsEvaluatedAsItWillBeUsed(string name)
    {
        for (var layers = 1; layers <= 13; layers++)
            CollectionAssert.AreEqual(LayerPlan.Dense(layers).Runs.ToArray(), Named(name).EvaluationPlan(100, 100, layers).Runs.ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void ItIsKeptInACheckpointByItsOptions(string name)
    {
        var schedule = Named(name);
        var options = OptionValues.Of(new PretrainingOptions { LayerSchedule = schedule }).Where(option => option.Key.StartsWith("LayerSchedule.", StringComparison.Ordinal)).ToArray();
        foreach (var property in schedule.GetType().GetProperties())
            Assert.IsTrue(options.Any(option => option.Key == $"LayerSchedule.{property.Name}" || option.Key.StartsWith($"LayerSchedule.{property.Name}.", StringComparison.Ordinal)), property.Name);
    }
}
