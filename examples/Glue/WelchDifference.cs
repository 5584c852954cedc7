namespace Glue;

/// <summary>How two means differ, and how sure that is: Welch's t interval, which lets the two spreads differ.</summary>
/// <param name="Mean">The second mean less the first.</param>
/// <param name="HalfWidth">The true difference is within so much of <paramref name="Mean"/> with 95 % confidence; NaN where that cannot be told: either has fewer than two values, or neither has any spread.</param>
internal sealed record WelchDifference(double Mean, double HalfWidth)
{
    private const double Confidence = 0.95;

    /// <summary>Whether the interval leaves out 0.</summary>
    public bool IsClear => Math.Abs(Mean) > HalfWidth; // never for NaN

    public static WelchDifference Between(Statistics first, Statistics second)
    {
        var (a, b) = (first.Deviation * first.Deviation / first.Count, second.Deviation * second.Deviation / second.Count);
        var difference = second.Mean - first.Mean;
        // Without any spread, as where all seeds predict the majority, the values do not show the luck of seeds: an interval of 0 would claim certainty.
        if (double.IsNaN(a + b) || a + b == 0) return new WelchDifference(difference, double.NaN);
        // Welch and Satterthwaite
        var degrees = (a + b) * (a + b) / (a * a / (first.Count - 1) + b * b / (second.Count - 1));
        return new WelchDifference(difference, StudentT.Quantile((1 + Confidence) / 2, degrees) * Math.Sqrt(a + b));
    }
}
