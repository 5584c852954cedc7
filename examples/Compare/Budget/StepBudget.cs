namespace Compare;

/// <summary>Turns the budget into steps: of each arm and seed, before anything is trained, so that schedules can be tied to them.</summary>
/// <param name="config">What is compared.</param>
/// <param name="times">The reference times of an arm; asked for with an equal time only.</param>
internal sealed class StepBudget(ComparisonConfig config, Func<Arm, ReferenceTimes> times)
{
    /// <summary>Steps of an arm's run with a seed. The baseline takes those of the config.</summary>
    public long StepsOf(Arm arm, ulong seed)
    {
        if (arm == config.Baseline) return config.Steps;
        return config.Budget switch
        {
            BudgetUnit.Steps => config.Steps,
            BudgetUnit.Samples => Math.Max(1, (long)Math.Round((double)config.Steps * config.Baseline.Training.BatchSize / arm.Training.BatchSize)),
            _ => StepSearch.Nearest(steps => CostOf(arm, seed, steps), CostOf(config.Baseline, seed, config.Steps), config.Steps),
        };
    }

    /// <summary>What a run costs in the unit of the budget, by its own plans.</summary>
    private double CostOf(Arm arm, ulong seed, long steps)
    {
        var (sum, ofShare) = (0.0, Price(arm));
        for (var step = 0L; step < steps; step++) sum += ofShare(PlanCost.Of(arm.Training.LayerSchedule, step, steps, arm.Model.Layers, seed));
        return sum;
    }

    private Func<PlanCost, double> Price(Arm arm)
    {
        if (config.Budget == BudgetUnit.Time) return times(arm).Of;
        var dense = BlockFlops.OfDenseStep(arm);
        return cost => cost.Total * dense;
    }
}
