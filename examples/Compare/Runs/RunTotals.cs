using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Adds up the steps of a run.</summary>
internal static class RunTotals
{
    private const int TraceParts = 200;

    /// <param name="run">The run.</param>
    /// <param name="curve">Its steps; of those that are missing, the schedule says what they cost.</param>
    /// <param name="times">The reference times of its arm.</param>
    /// <param name="failure">Why it failed; null: it did not.</param>
    /// <param name="blocks">What its blocks do.</param>
    public static RunResult Of(Run run, Curve curve, ReferenceTimes times, string? failure, IReadOnlyList<BlockChange> blocks)
    {
        var (arm, done) = (run.Arm, failure is null ? run.Steps : curve.LastStep);
        var dense = BlockFlops.OfDenseStep(arm);
        var (flops, reference, wall) = (0.0, 0.0, 0.0);
        var validations = new List<ValidationPoint>();
        var parts = (int)Math.Clamp(run.Steps, 1, TraceParts);
        var (theta, share, steps) = (new double[parts], new double[parts], new int[parts]);
        for (var step = 0L; step < done; step++)
        {
            var point = curve.At(step + 1);
            var cost = PlanCost.Of(arm.Training.LayerSchedule, step, run.Steps, arm.Model.Layers, run.Seed, point?.Share);
            flops += dense * cost.Total;
            reference += times.Of(cost);
            if (point is null) continue;
            wall = point.Seconds;
            var part = (int)(step * parts / run.Steps);
            (theta[part], share[part], steps[part]) = (theta[part] + point.Theta, share[part] + point.Share, steps[part] + 1);
            if (point.Validation is { } loss) validations.Add(new ValidationPoint(step + 1, (step + 1) * arm.Training.BatchSize, flops, reference, wall, loss));
        }
        return new RunResult
        {
            Arm = arm.Name, Seed = run.Seed, Steps = run.Steps, Samples = done * arm.Training.BatchSize, BlockFlops = flops, ReferenceSeconds = reference, WallSeconds = wall,
            Validations = validations, Failure = failure, Blocks = blocks, Build = Run.LibraryBuild, Machine = ThisMachine.Name,
            Trace = [.. Enumerable.Range(0, parts).Where(part => steps[part] > 0)
                .Select(part => new TracePoint((part + 0.5) / parts, theta[part] / steps[part], arm.Model.Layers * share[part] / steps[part]))],
        };
    }
}
