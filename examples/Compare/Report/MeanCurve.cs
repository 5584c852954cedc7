using Glue;

namespace Compare;

/// <summary>The losses of an arm's runs as one line with a band: at equal shares of the runs, as seeds may differ by a step.</summary>
/// <param name="X">The mean of what had been spent.</param>
/// <param name="Mean">The mean loss.</param>
/// <param name="Low">The mean less a standard deviation over seeds; the mean itself for one seed.</param>
/// <param name="High">The mean and a standard deviation.</param>
internal sealed record MeanCurve(double[] X, double[] Mean, double[] Low, double[] High)
{
    /// <param name="runs">The runs, at least one.</param>
    /// <param name="points">How many points.</param>
    /// <param name="spent">What is counted.</param>
    public static MeanCurve Of(IReadOnlyList<RunResult> runs, int points, Func<ValidationPoint, double> spent)
    {
        var (x, mean, low, high) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var i = 1; i <= points; i++)
        {
            var share = (double)i / points;
            (double X, double Loss)[] at = [.. runs.Select(run => At(run, share * run.Steps, spent)).OfType<(double, double)>()];
            if (at.Length < runs.Count) continue; // before the first validation
            var of = Statistics.Of([.. at.Select(point => point.Loss)]);
            var deviation = double.IsNaN(of.Deviation) ? 0 : of.Deviation;
            x.Add(at.Average(point => point.X));
            mean.Add(of.Mean);
            low.Add(of.Mean - deviation);
            high.Add(of.Mean + deviation);
        }
        return new MeanCurve([.. x], [.. mean], [.. low], [.. high]);
    }

    // Loss and what had been spent are read off the same line.
    private static (double X, double Loss)? At(RunResult run, double step, Func<ValidationPoint, double> spent)
    {
        // Intervals are whole steps, rounded up: the first validation is up to a step later than its share of the run.
        if (run.Validations.Count > 0 && run.Validations[0].Step - step is > 0 and < 1) step = run.Validations[0].Step;
        if (LossCurve.At(run, step, point => point.Step) is not { } loss) return null;
        var after = run.Validations.First(point => point.Step >= step * (1 - 1e-9));
        var before = run.Validations.LastOrDefault(point => point.Step < after.Step);
        if (before is null || after.Step <= step) return (spent(after), loss);
        return (spent(before) + (step - before.Step) / (after.Step - before.Step) * (spent(after) - spent(before)), loss);
    }
}
