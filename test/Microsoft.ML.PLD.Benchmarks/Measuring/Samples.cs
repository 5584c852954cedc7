namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The times of one arm, in seconds for a work of 1. What took far longer than the median was disturbed, and is left out.</summary>
internal sealed class Samples
{
    private const double Disturbed = 1.5;

    private readonly List<double> _all = [], _work = [];

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

    /// <summary>The time that this share of all runs took at most, disturbed ones included.</summary>
    public double Quantile(double share) => _all.Order().ElementAt(Math.Min(_all.Count - 1, (int)(share * _all.Count)));

    private double[] Kept
    {
        get
        {
            var median = Statistics.Median(_all);
            return [.. _all.Where(seconds => seconds <= Disturbed * median)];
        }
    }

    /// <param name="seconds">That a run took.</param>
    /// <param name="work">How much it did.</param>
    public void Add(double seconds, double work)
    {
        _all.Add(seconds / work);
        _work.Add(work);
    }

    /// <summary>The mean work of a run, and its mean time for it, over the rounds in which a reference was not disturbed.</summary>
    public (double Work, double Seconds) Mean(Samples reference)
    {
        var rounds = Enumerable.Range(0, Count).Where(round => reference._all[round] <= Disturbed * reference.Median).ToArray();
        return (rounds.Average(round => _work[round]), rounds.Average(round => _all[round] * _work[round]));
    }

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
