using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueStatisticsTests
{
    [TestMethod]
    public void MeanDeviationAndBest()
    {
        var of = Statistics.Of([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.AreEqual(5, of.Mean);
        Assert.AreEqual(Math.Sqrt(32.0 / 7), of.Deviation, 1e-12);
        Assert.AreEqual(9, of.Best);
        Assert.IsTrue(double.IsNaN(Statistics.Of([3]).Deviation));
        Assert.IsTrue(double.IsNaN(Statistics.Of([3, double.NaN]).Mean));
    }

    // From the tables in textbooks.
    [TestMethod]
    [DataRow(1, 12.706)]
    [DataRow(2, 4.303)]
    [DataRow(4, 2.776)]
    [DataRow(10, 2.228)]
    [DataRow(30, 2.042)]
    [DataRow(1_000, 1.962)]
    [DataRow(1_000_000, 1.962)]
    public void Quantiles(double degrees, double expected) => Assert.AreEqual(expected, StudentT.Quantile(0.975, degrees), 0.0006);

    [TestMethod]
    public void WelchsInterval()
    {
        var (first, second) = (Statistics.Of([1, 2, 3, 4, 5]), Statistics.Of([3, 5, 7, 9, 11]));
        var difference = WelchDifference.Between(first, second);
        // Variances 2.5 and 10 over 5 values each: standard error sqrt(2.5); 2.5^2 / (0.25 / 4 + 4 / 4) = 5.882 degrees of freedom, whose quantile is 2.459.
        Assert.AreEqual(4, difference.Mean, 1e-12);
        Assert.AreEqual(2.459 * Math.Sqrt(2.5), difference.HalfWidth, 0.003);
        Assert.IsTrue(difference.IsClear);
        Assert.IsFalse(WelchDifference.Between(first, Statistics.Of([2, 3, 4, 5, 6])).IsClear);
    }

    // As on WNLI, where each seed predicts the majority. Their sums are not exact: 3 times 0.1 is not 0.3.
    [TestMethod]
    public void ValuesWithoutSpreadHaveNoInterval()
    {
        var (first, second) = (Statistics.Of([0.1, 0.1, 0.1]), Statistics.Of([0.5633802816901409, 0.5633802816901409, 0.5633802816901409, 0.5633802816901409, 0.5633802816901409]));
        Assert.AreEqual(0, first.Deviation);
        Assert.AreEqual(0.5633802816901409, second.Mean);
        var difference = WelchDifference.Between(first, second);
        Assert.IsTrue(double.IsNaN(difference.HalfWidth));
        Assert.IsFalse(difference.IsClear);
        Assert.IsTrue(WelchDifference.Between(first, Statistics.Of([0.2, 0.2001, 0.2002])).IsClear);
    }

    [TestMethod]
    public void OneValueHasNoInterval()
    {
        var difference = WelchDifference.Between(Statistics.Of([0.7]), Statistics.Of([0.8, 0.9]));
        Assert.AreEqual(0.15, difference.Mean, 1e-12);
        Assert.IsTrue(double.IsNaN(difference.HalfWidth));
        Assert.IsFalse(difference.IsClear);
    }
}
