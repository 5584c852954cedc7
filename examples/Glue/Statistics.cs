namespace Glue;

/// <summary>Mean and spread of a few values.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Mean">Their mean; NaN where one is.</param>
/// <param name="Deviation">The standard deviation, with n - 1; NaN for fewer than two values.</param>
/// <param name="Best">The highest.</param>
internal sealed record Statistics(int Count, double Mean, double Deviation, double Best)
{
    public static Statistics Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0) throw new ArgumentException("There are no values.", nameof(values));
        // Equal values have no spread at all; their sum, rounded, would give them a tiny one.
        if (values.Count > 1 && values.All(value => value == values.First())) return new Statistics(values.Count, values.First(), 0, values.First());
        var mean = values.Average();
        var deviation = values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return new Statistics(values.Count, mean, deviation, values.Max());
    }
}
