using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CorrelationTests
{
    private static readonly Gen<(float X, float Y)[]> Rows =
        Gen.Select(Gen.Int[-20, 20], Gen.Int[-20, 20], (x, y) => (x / 4f, y / 4f)).Array[1, 60];

    [TestMethod]
    public void BothAreThoseOfSciPy()
    {
        foreach (var golden in GoldenMetrics.All.Correlations)
        {
            GoldenMetrics.AreEqual(golden.Pearson, EvaluationMetrics.PearsonCorrelation(golden.X, golden.Y), golden.Name);
            GoldenMetrics.AreEqual(golden.Spearman, EvaluationMetrics.SpearmanCorrelation(golden.X, golden.Y), golden.Name);
        }
        Assert.IsGreaterThanOrEqualTo(25, GoldenMetrics.All.Correlations.Length);
    }

    [TestMethod]
    public void SpearmanKnowsOnlyTheOrder() => Rows.Sample(rows =>
        Assert.AreEqual(Spearman(rows), Spearman([.. rows.Select(row => (row.X * row.X * row.X, MathF.Exp(row.Y)))])));

    [TestMethod]
    public void SpearmanIsPearsonOfTheRanks() => Rows.Sample(rows =>
    {
        float[] Ranks(IEnumerable<float> values) => [.. values.Select(value => values.Count(other => other < value) + (values.Count(other => other == value) + 1) / 2f)];
        Assert.AreEqual(EvaluationMetrics.PearsonCorrelation(Ranks(rows.Select(row => row.X)), Ranks(rows.Select(row => row.Y))), Spearman(rows), GoldenMetrics.Delta);
    });

    [TestMethod]
    public void PearsonKnowsNoScaleAndNoOrigin() => Rows.Sample(rows =>
        Assert.AreEqual(Pearson(rows), Pearson([.. rows.Select(row => (row.X * 8 + 3, row.Y / 2 - 1))]), GoldenMetrics.Delta));

    [TestMethod]
    public void BothAreSymmetricAndChangeTheirSign() => Rows.Sample(rows =>
    {
        foreach (var correlation in new Func<(float X, float Y)[], double>[] { Pearson, Spearman })
        {
            Assert.AreEqual(correlation(rows), correlation([.. rows.Select(row => (row.Y, row.X))]), GoldenMetrics.Delta);
            Assert.AreEqual(-correlation(rows), correlation([.. rows.Select(row => (row.X, -row.Y))]), GoldenMetrics.Delta);
        }
    });

    [TestMethod]
    public void TheOrderOfRowsDoesNotMatter() => Rows.Sample(rows =>
    {
        var sorted = rows.OrderByDescending(row => row.Y).ThenBy(row => row.X).ToArray();
        Assert.AreEqual(Pearson(rows), Pearson(sorted), GoldenMetrics.Delta);
        Assert.AreEqual(Spearman(rows), Spearman(sorted), GoldenMetrics.Delta);
    });

    [TestMethod]
    public void NaNStaysNaNAndInfinityHasARank()
    {
        Assert.AreEqual(double.NaN, EvaluationMetrics.PearsonCorrelation([1, float.NaN, 3], [1, 2, 3]));
        Assert.AreEqual(double.NaN, EvaluationMetrics.SpearmanCorrelation([1, 2, 3], [1, float.NaN, 3]));
        Assert.AreEqual(double.NaN, EvaluationMetrics.PearsonCorrelation([1, 2, float.PositiveInfinity], [1, 2, 3]));
        Assert.AreEqual(1, EvaluationMetrics.SpearmanCorrelation([1, 2, float.PositiveInfinity], [1, 2, 3]), GoldenMetrics.Delta);
        Assert.AreEqual(double.NaN, EvaluationMetrics.PearsonCorrelation([1], [2]));
        Assert.AreEqual(double.NaN, EvaluationMetrics.SpearmanCorrelation([1], [2]));
    }

    [TestMethod]
    public void TheLargestAndTheLeastNumbersStayInRange()
    {
        Assert.AreEqual(1, EvaluationMetrics.PearsonCorrelation([float.MinValue, 0, float.MaxValue], [float.MinValue, 0, float.MaxValue]));
        Assert.AreEqual(-1, EvaluationMetrics.PearsonCorrelation([0, float.Epsilon], [0, -float.Epsilon]));
    }

    [TestMethod]
    public void LengthsThatDifferAndNoRowsAreRefused()
    {
        foreach (var metric in new Func<float[], float[], double>[] { (x, y) => EvaluationMetrics.PearsonCorrelation(x, y), (x, y) => EvaluationMetrics.SpearmanCorrelation(x, y) })
        {
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => metric([1], [1, 2, 3])).Message, "x has 1 values and y 3; expected as many.");
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => metric([], [])).Message, "x and y are empty");
        }
    }

    private static double Pearson((float X, float Y)[] rows) => EvaluationMetrics.PearsonCorrelation([.. rows.Select(row => row.X)], [.. rows.Select(row => row.Y)]);

    private static double Spearman((float X, float Y)[] rows) => EvaluationMetrics.SpearmanCorrelation([.. rows.Select(row => row.X)], [.. rows.Select(row => row.Y)]);
}
