using Compare;
using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareBudgetTests
{
    private static readonly ReferenceTimes Times = new(0.25, 0.25, Enum.GetValues<PlanKind>().ToDictionary(kind => kind, _ => 0.75), []);

    // BERT-base reads 128 tokens with 22.35 GFLOPs in its blocks.
    [TestMethod]
    public void FlopsOfBertBase() => Assert.AreEqual(3 * 22.347e9, BlockFlops.OfDenseStep(BertConfig.Base, 1, 128), 3 * 0.001e9);

    [TestMethod]
    public void TheCostOfAPlanIsItsShare()
    {
        var kinds = new HashSet<PlanKind>();
        foreach (var arm in ComparisonConfig.Read(CompareConfigTests.Shipped("smoke.json")).Arms)
            for (var step = 0; step < 40; step++)
            {
                var plan = arm.Training.LayerSchedule.PlanAt(step, 40, 6, seed: 3);
                var cost = PlanCost.Of(plan);
                Assert.AreEqual(plan.ActualShare, cost.Total, 1e-12, arm.Name);
                kinds.UnionWith(Enum.GetValues<PlanKind>().Where(kind => cost[kind] > 0));
            }
        CollectionAssert.AreEquivalent(Enum.GetValues<PlanKind>(), kinds.ToArray());
    }

    [TestMethod]
    public void AMeasurementAndWhatARunHasSpentCount()
    {
        var adaptive = new AdaptiveLayerDrop(measurements: 2);
        Assert.AreEqual(1 + 1.0 / 3, PlanCost.Of(adaptive, 0, 10, 4, 1).Total, 1e-12); // theta is 1 at the first step
        Assert.AreEqual(0.25, PlanCost.Of(adaptive, 1, 10, 4, 1, share: 0.25).Total, 1e-12);
        Assert.AreEqual(0.25, PlanCost.Of(new LayerPlanOfNothing(), 1, 10, 4, 1, share: 0.25)[PlanKind.Whole], 1e-12);
    }

    [TestMethod]
    [DataRow("steps", 100, 100)]
    [DataRow("samples", 50, 100)]
    public void EqualStepsAndSamples(string unit, long large, long same)
    {
        var config = CompareRuns.Config($$"""
            { "text": ["a"], "budget": { "equal": "{{unit}}", "steps": 100 }, "training": { "batch_size": 8 },
              "arms": [ { "name": "a" }, { "name": "large batches", "training": { "batch_size": 16 } }, { "name": "pld", "schedule": { "name": "ProgressiveLayerDrop" } } ] }
            """);
        var budget = new StepBudget(config, _ => throw new InvalidOperationException("There is no time here."));
        CollectionAssert.AreEqual(new[] { 100, large, same }, config.Arms.Select(arm => budget.StepsOf(arm, 1)).ToArray());
    }

    [TestMethod]
    [DataRow("blockflops")]
    [DataRow("time")]
    public void EqualFlopsAndTimeAreSpentToAStep(string unit)
    {
        var arms = ComparisonConfig.Read(CompareConfigTests.Shipped("smoke.json")) with { Steps = 500, Budget = Enum.Parse<BudgetUnit>(unit, ignoreCase: true) };
        var budget = new StepBudget(arms, _ => Times);
        foreach (var arm in arms.Arms)
            foreach (var seed in arms.Seeds)
            {
                var steps = budget.StepsOf(arm, seed);
                Assert.AreEqual(Spent(arms.Baseline, seed, 500), Spent(arm, seed, steps), Price(new DenseSchedule()), $"{arm.Name}: {steps} steps");
            }
        var pld = arms.Arms.Single(arm => arm.Name == "PreLN + PLD");
        Assert.IsGreaterThan(600, budget.StepsOf(pld, 1)); // 70.8 % of the FLOPs: 706 steps, or 640 with a quarter that is not in the blocks

        double Price(ILayerSchedule schedule, long step = 0, long steps = 1, ulong seed = 1) =>
            PlanCost.Of(schedule, step, steps, 6, seed) is var cost && arms.Budget == BudgetUnit.Time ? Times.Of(cost) : cost.Total;

        double Spent(Arm arm, ulong seed, long steps) => Enumerable.Range(0, (int)steps).Sum(step => Price(arm.Training.LayerSchedule, step, steps, seed));
    }

    [TestMethod]
    public void TheNearestNumberOfStepsIsFound() => Gen.Select(Gen.Double[0.01, 10], Gen.Double[0.01, 1_000], Gen.Long[1, 2_000], Gen.Double[-0.4, 0.4]).Sample((slope, budget, guess, bend) =>
    {
        var tried = 0;
        var found = StepSearch.Nearest(Cost, budget, guess);
        Assert.IsGreaterThanOrEqualTo(1, found);
        Assert.IsLessThan(60, tried);
        var off = Math.Abs(Cost(found) - budget);
        Assert.IsLessThanOrEqualTo(Math.Abs(Cost(found + 1) - budget), off);
        if (found > 1) Assert.IsLessThanOrEqualTo(Math.Abs(Cost(found - 1) - budget), off);

        double Cost(long steps)
        {
            tried++;
            return slope * (steps + bend * Math.Sin(steps)); // rises
        }
    }, iter: 2_000);

    [TestMethod]
    public void ABudgetThatNothingSpendsIsRefused() => Assert.ThrowsExactly<ArgumentException>(() => StepSearch.Nearest(_ => 0, 1, 10));

    // For a run that has spent what its plan does not say.
    private sealed class LayerPlanOfNothing : ILayerSchedule
    {
        public double[] KeepProbabilities(long step, long totalSteps, int layers) => new double[layers];

        public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) => new(layers, [], 0);
    }
}
