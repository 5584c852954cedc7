using Glue;

namespace Compare;

/// <summary>How an arm differs from the baseline, seed by seed: Student's paired t-test. What a seed makes easy or hard for both falls out.</summary>
/// <param name="Count">Pairs.</param>
/// <param name="Mean">The mean of arm less baseline.</param>
/// <param name="HalfWidth">The true difference is within so much of <paramref name="Mean"/> with 95 % confidence; NaN for fewer than two pairs, and where all differ alike.</param>
/// <param name="PValue">The probability of a difference as large between equals, to either side; NaN where <paramref name="HalfWidth"/> is.</param>
internal sealed record PairedDifference(int Count, double Mean, double HalfWidth, double PValue)
{
    private const double Confidence = 0.95;

    public static PairedDifference Of(IReadOnlyCollection<(double Baseline, double Arm)> pairs)
    {
        if (pairs.Count == 0) return new PairedDifference(0, double.NaN, double.NaN, double.NaN);
        var differences = Statistics.Of([.. pairs.Select(pair => pair.Arm - pair.Baseline)]);
        // Without any spread the pairs do not show the luck of seeds: an interval of 0 would claim certainty.
        if (!(differences.Deviation > 0)) return new PairedDifference(pairs.Count, differences.Mean, double.NaN, double.NaN);
        var (error, degrees) = (differences.Deviation / Math.Sqrt(pairs.Count), pairs.Count - 1);
        return new PairedDifference(
            pairs.Count, differences.Mean, StudentT.Quantile((1 + Confidence) / 2, degrees) * error, 2 * (1 - StudentT.Probability(Math.Abs(differences.Mean) / error, degrees)));
    }

    /// <summary>
    /// Holm's correction: with many arms, some differ by luck. The smallest p-value times their number, the next one times one less, and so on; none below the one before.
    /// </summary>
    /// <param name="values">NaN where there is none: it does not count.</param>
    public static double[] Holm(IReadOnlyList<double> values)
    {
        var corrected = values.ToArray();
        var (left, least) = (values.Count(value => !double.IsNaN(value)), 0.0);
        foreach (var place in Enumerable.Range(0, values.Count).Where(place => !double.IsNaN(values[place])).OrderBy(place => values[place]))
            corrected[place] = least = Math.Max(least, Math.Min(1, values[place] * left--));
        return corrected;
    }
}
