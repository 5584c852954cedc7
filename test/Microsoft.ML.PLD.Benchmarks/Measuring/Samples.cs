namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The times of one arm, in seconds. What took far longer than the median was disturbed, and is left out.</summary>
internal sealed class Samples
{
    private const double Disturbed = 1.5;

    private readonly List<double> _all = [];

    public int Count => _all.Count;

    /// <summary>How many were left out.</summary>
    public int Rejected => Count - Kept.Length;

    public double Median => Statistics.Median(Kept);

    /// <summary>Half the distance between the quartiles over the median: the spread of what is left.</summary>
    public double Spread
    {
        get
        {
            var sorted = Kept.Order().ToArray();
            return sorted.Length < 4 ? double.NaN : (sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4]) / 2 / Median;
        }
    }

    private double[] Kept
    {
        get
        {
            var median = Statistics.Median(_all);
            return [.. _all.Where(seconds => seconds <= Disturbed * median)];
        }
    }

    public void Add(double seconds) => _all.Add(seconds);

    /// <summary>The median of this arm's times over another's, round by round: what slows a whole round down is no difference between arms.</summary>
    public double Over(Samples other) => Statistics.Median([.. _all.Zip(other._all, (mine, theirs) => mine / theirs)]);
}

internal static class Statistics
{
    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0) return double.NaN;
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
