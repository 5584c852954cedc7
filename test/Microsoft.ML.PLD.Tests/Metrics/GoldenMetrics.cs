using System.Text.Json;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What scikit-learn and SciPy answer: test/Reference/metrics.py wrote it.</summary>
internal sealed record GoldenMetrics(GoldenMetrics.ClassCase[] Classes, GoldenMetrics.CorrelationCase[] Correlations, GoldenMetrics.AreaCase[] Areas)
{
    public sealed record ClassCase(string Name, int[] Labels, int[] Predicted, int Positive, double Accuracy, double F1, double MacroF1, double Matthews);

    public sealed record CorrelationCase(string Name, float[] X, float[] Y, double? Pearson, double? Spearman);

    public sealed record AreaCase(string Name, int[] Labels, float[] Scores, double? Area);

    private static readonly JsonSerializerOptions AnyCase = new() { PropertyNameCaseInsensitive = true };

    public static readonly GoldenMetrics All = JsonSerializer.Deserialize<GoldenMetrics>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "metrics", "golden.json")), AnyCase)!;

    /// <summary>The sums are of up to 200 terms: both sides are right to 1e-14 or so. All values are from -1 to 1, and around 0 no relative error is defined.</summary>
    public const double Delta = 1e-12;

    public static void AreEqual(double? expected, double actual, string name) => Assert.AreEqual(expected ?? double.NaN, actual, Delta, name);
}
