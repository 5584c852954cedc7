using Compare;
using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareStatisticsTests
{
    [TestMethod]
    public void ThePairedTest()
    {
        // Differences 0.2, 0.3, 0.4, 0.1, 0.5: mean 0.3, standard error 0.1 / sqrt(2), t = 4.2426 with 4 degrees of freedom, whose quantile is 2.776.
        var of = PairedDifference.Of([(1, 1.2), (2, 2.3), (0, 0.4), (5, 5.1), (3, 3.5)]);
        Assert.AreEqual(5, of.Count);
        Assert.AreEqual(0.3, of.Mean, 1e-12);
        Assert.AreEqual(2.776 / Math.Sqrt(200), of.HalfWidth, 1e-4);
        Assert.AreEqual(0.013236, of.PValue, 2e-6); // by the closed form for 4 degrees of freedom
        Assert.AreEqual(of.PValue, PairedDifference.Of([(1.2, 1), (2.3, 2), (0.4, 0), (5.1, 5), (3.5, 3)]).PValue, 1e-9);
    }

    [TestMethod]
    public void WithoutSpreadThereIsNoTest()
    {
        foreach (var pairs in new (double, double)[][] { [(1, 2)], [(1, 2), (1, 2)] })
        {
            var of = PairedDifference.Of(pairs);
            Assert.AreEqual((pairs.Length, 1.0), (of.Count, of.Mean));
            Assert.IsTrue(double.IsNaN(of.HalfWidth) && double.IsNaN(of.PValue));
        }
        Assert.IsTrue(double.IsNaN(PairedDifference.Of([]).Mean));
    }

    [TestMethod]
    public void HolmsCorrection()
    {
        double[] corrected = PairedDifference.Holm([0.01, 0.04, double.NaN, 0.03, 0.005]);
        double[] expected = [0.03, 0.06, double.NaN, 0.06, 0.02];
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], corrected[i], 1e-12);
        CollectionAssert.AreEqual(new[] { 1.0, 1.0 }, PairedDifference.Holm([0.9, 0.6]));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(5_000)]
    public void ProbabilityAndQuantileFitEachOther(double degrees) => Assert.AreEqual(0.975, StudentT.Probability(StudentT.Quantile(0.975, degrees), degrees), 1e-9);

    [TestMethod]
    public void LossesBetweenValidations()
    {
        var run = CompareRuns.Run("a", 1, half: 4, final: 2);
        Assert.AreEqual(75, LossCurve.Reaches(run, 3, point => point.Step));
        Assert.AreEqual(600, LossCurve.Reaches(run, 3, point => point.Samples));
        Assert.AreEqual(50, LossCurve.Reaches(run, 4.5, point => point.Step));
        Assert.AreEqual(100, LossCurve.Reaches(run, 2, point => point.Step));
        Assert.IsNull(LossCurve.Reaches(run, 1.9, point => point.Step));
        Assert.AreEqual(3, LossCurve.At(run, 75, point => point.Step));
        Assert.AreEqual(4, LossCurve.At(run, 50, point => point.Step));
        Assert.AreEqual(2, LossCurve.At(run, 100, point => point.Step));
        Assert.IsNull(LossCurve.At(run, 49, point => point.Step));
        Assert.IsNull(LossCurve.At(run, 101, point => point.Step));
    }

    [TestMethod]
    public void GainsOverTheBaseline()
    {
        var (baseline, arm) = (CompareRuns.Run("dense", 1, 4, 3), CompareRuns.Run("pld", 1, 4, 2, secondsPerStep: 0.8));
        Assert.AreEqual(0.2, Gains.TimePerSample(baseline, arm)!.Value, 1e-12);
        Assert.AreEqual(0.2, Gains.FlopsPerSample(baseline, arm)!.Value, 1e-12);
        Assert.AreEqual(0.75, Gains.SamplesToReach(baseline, arm)!.Value, 1e-12);
        Assert.AreEqual(0.6, Gains.TimeToReach(baseline, arm)!.Value, 1e-12);
        Assert.IsNull(Gains.TimeToReach(arm, baseline));
        // After the 80 seconds of the arm, the baseline is three fifths of the way from 4 to 3.
        var (first, second) = Gains.AtEqualTime(baseline, arm)!.Value;
        Assert.AreEqual(3.4, first, 1e-12);
        Assert.AreEqual(2, second, 1e-12);
    }

    [TestMethod]
    public void TheMeanCurveHasTheSpreadOfTheSeeds()
    {
        var curve = MeanCurve.Of([CompareRuns.Run("a", 1, 4, 2), CompareRuns.Run("a", 2, 4, 3)], points: 4, point => point.ReferenceSeconds);
        CollectionAssert.AreEqual(new[] { 50.0, 75, 100 }, curve.X);
        CollectionAssert.AreEqual(new[] { 4, 3.25, 2.5 }, curve.Mean);
        Assert.AreEqual(2.5 - Math.Sqrt(0.5), curve.Low[2], 1e-12);
        Assert.AreEqual(2.5 + Math.Sqrt(0.5), curve.High[2], 1e-12);
        Assert.AreEqual(curve.Mean[0], curve.High[0]);

        // 99 steps in two parts are validated after 50.
        var run = CompareRuns.Run("a", 1, 4, 2);
        var odd = run with { Steps = 99, Validations = [run.Validations[0], run.Validations[1] with { Step = 99 }] };
        CollectionAssert.AreEqual(new[] { 50.0, 99 }, MeanCurve.Of([odd], points: 2, point => point.Step).X);
    }
}
