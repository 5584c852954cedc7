namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LossTrendTests
{
    [TestMethod]
    public void MeanAndVarianceAreThoseOfTheFirstHundredLosses()
    {
        var losses = Enumerable.Range(0, 100).Select(i => 3 + Math.Sin(i)).ToArray();
        var trend = losses.Aggregate(default(LossTrend), (seen, loss) => seen.With(loss));
        var mean = losses.Average();
        Assert.AreEqual(100, trend.Count);
        Assert.AreEqual(mean, trend.Mean, 1e-12);
        Assert.AreEqual(losses.Average(loss => (loss - mean) * (loss - mean)), trend.Variance, 1e-12);
    }

    [TestMethod]
    public void LaterItForgetsWhatIsLongPast()
    {
        var trend = Enumerable.Repeat(10.0, 500).Concat(Enumerable.Repeat(1.0, 1_000)).Aggregate(default(LossTrend), (seen, loss) => seen.With(loss));
        Assert.AreEqual(1, trend.Mean, 1e-3);
        Assert.AreEqual(0, trend.Variance, 0.02);
    }

    [TestMethod]
    public void ALeapIsTwoThingsFarFromTheDeviationAndFarFromTheMean()
    {
        var noisy = Enumerable.Range(0, 200).Aggregate(default(LossTrend), (seen, i) => seen.With(6 + 0.1 * Math.Sin(i)));
        Assert.IsFalse(noisy.IsSpike(6.3));
        Assert.IsTrue(noisy.IsSpike(6.7));
        Assert.IsFalse(noisy.IsSpike(2), "falling is no leap");
        var quiet = Enumerable.Repeat(6.0, 200).Aggregate(default(LossTrend), (seen, loss) => seen.With(loss));
        Assert.IsFalse(quiet.IsSpike(6.5), "a tenth of the mean is the least");
        Assert.IsTrue(quiet.IsSpike(6.7));
    }

    [TestMethod]
    public void TheFirstLossesAndWhatIsNoNumberAreNoLeap()
    {
        var young = Enumerable.Repeat(6.0, 19).Aggregate(default(LossTrend), (seen, loss) => seen.With(loss));
        Assert.IsFalse(young.IsSpike(1_000));
        Assert.IsTrue(young.With(6).IsSpike(1_000));
        foreach (var odd in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Assert.IsFalse(young.With(6).IsSpike(odd));
            Assert.AreEqual(young, young.With(odd));
        }
    }
}
