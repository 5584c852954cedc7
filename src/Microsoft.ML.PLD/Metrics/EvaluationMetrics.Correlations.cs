namespace Microsoft.ML.PLD;

// Of numbers.
public static partial class EvaluationMetrics
{
    /// <summary>The linear correlation of two variables: SciPy's <c>pearsonr</c>.</summary>
    /// <param name="x">One variable.</param>
    /// <param name="y">The other, row by row.</param>
    /// <returns>-1 to 1; NaN where a variable is constant (so also for a single row) or holds a NaN or an infinity.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0.</exception>
    public static double PearsonCorrelation(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Check(x.Length, nameof(x), y.Length, nameof(y));
        return Correlation(Widen(x), Widen(y));
    }

    /// <summary>The correlation of the ranks of two variables, equal values having the mean of their ranks: SciPy's <c>spearmanr</c>.</summary>
    /// <param name="x">One variable.</param>
    /// <param name="y">The other, row by row.</param>
    /// <returns>-1 to 1; NaN where a variable is constant (so also for a single row) or holds a NaN.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0.</exception>
    public static double SpearmanCorrelation(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        Check(x.Length, nameof(x), y.Length, nameof(y));
        return HasNaN(x) || HasNaN(y) ? double.NaN : Correlation(AverageRanks.Of(x), AverageRanks.Of(y));
    }

    // Overwrites both.
    private static double Correlation(double[] x, double[] y)
    {
        // Asked of the values: around a rounded mean, a constant need not have the length 0.
        if (!x.AsSpan().ContainsAnyExcept(x[0]) || !y.AsSpan().ContainsAnyExcept(y[0])) return double.NaN;
        Centre(x);
        Centre(y);
        var (common, ofX, ofY) = (0.0, 0.0, 0.0);
        for (var row = 0; row < x.Length; row++)
        {
            common += x[row] * y[row];
            ofX += x[row] * x[row];
            ofY += y[row] * y[row];
        }
        return Math.Clamp(common / Math.Sqrt(ofX * ofY), -1, 1);
    }

    private static void Centre(double[] values)
    {
        var mean = values.Average();
        for (var row = 0; row < values.Length; row++) values[row] -= mean;
    }

    private static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (var row = 0; row < wide.Length; row++) wide[row] = values[row];
        return wide;
    }

    private static bool HasNaN(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            if (float.IsNaN(value)) return true;
        return false;
    }
}
