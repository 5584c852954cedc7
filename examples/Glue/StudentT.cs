namespace Glue;

/// <summary>Student's distribution.</summary>
internal static class StudentT
{
    /// <summary>The value that is exceeded with the probability 1 - p.</summary>
    /// <param name="p">At least 0.5, less than 1.</param>
    /// <param name="degrees">Degrees of freedom, at least 1; more than 1,000 count as 1,000, which differs from any more in the fourth digit.</param>
    public static double Quantile(double p, double degrees)
    {
        degrees = Math.Min(degrees, 1_000); // far more would need finer parts below
        var (low, high) = (0.0, 1.0);
        while (Probability(high, degrees) < p) high *= 2;
        while (high - low > 1e-10 * high)
        {
            var middle = (low + high) / 2;
            if (Probability(middle, degrees) < p) low = middle;
            else high = middle;
        }
        return high;
    }

    /// <summary>The probability of at most <paramref name="t"/>.</summary>
    /// <param name="t">At least 0.</param>
    /// <param name="degrees">Degrees of freedom, at least 1; more than 1,000 count as 1,000.</param>
    public static double Probability(double t, double degrees)
    {
        const int parts = 2_000;
        degrees = Math.Min(degrees, 1_000);
        // Simpson's rule after t = sqrt(degrees) tan(angle), which makes the density a power of the cosine.
        return 0.5 + 0.5 * Integral(Math.Atan(t / Math.Sqrt(degrees))) / Integral(Math.PI / 2);

        double Integral(double end)
        {
            var width = end / parts;
            var sum = Density(0) + Density(end);
            for (var i = 1; i < parts; i++) sum += Density(i * width) * (i % 2 == 0 ? 2 : 4);
            return sum * width / 3;
        }

        double Density(double angle) => Math.Pow(Math.Max(0, Math.Cos(angle)), degrees - 1);
    }
}
