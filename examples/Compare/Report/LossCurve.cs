namespace Compare;

/// <summary>Reads the validations of a run between its points, along straight lines.</summary>
internal static class LossCurve
{
    /// <summary>What had been spent when the loss first was as low as a target; null: it never was.</summary>
    /// <param name="run">The run.</param>
    /// <param name="target">The loss.</param>
    /// <param name="spent">What is counted: samples, time.</param>
    public static double? Reaches(RunResult run, double target, Func<ValidationPoint, double> spent)
    {
        for (var i = 0; i < run.Validations.Count; i++)
        {
            if (!(run.Validations[i].Loss <= target)) continue;
            if (i == 0) return spent(run.Validations[0]);
            var (before, after) = (run.Validations[i - 1], run.Validations[i]);
            var share = (before.Loss - target) / (before.Loss - after.Loss);
            return spent(before) + share * (spent(after) - spent(before));
        }
        return null;
    }

    /// <summary>The loss when so much had been spent; null before the first validation and after the last.</summary>
    public static double? At(RunResult run, double value, Func<ValidationPoint, double> spent)
    {
        for (var i = 0; i < run.Validations.Count; i++)
        {
            var x = spent(run.Validations[i]);
            // The last point of two runs of the same budget differs in the last digits.
            if (x < value * (1 - 1e-9)) continue;
            if (i == 0 || x <= value) return x <= value * (1 + 1e-9) ? run.Validations[i].Loss : null;
            var (before, after) = (run.Validations[i - 1], run.Validations[i]);
            return before.Loss + (value - spent(before)) / (x - spent(before)) * (after.Loss - before.Loss);
        }
        return null;
    }
}
