namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ReliabilityTests
{
    [TestMethod]
    public void TheExpectedCalibrationErrorIsTheOneComputedByHand()
    {
        // Bin (0.9, 1]: 0.95, 0.95 right, 0.95 wrong, 1.0 right: confidence 0.9625, accuracy 0.75. Bin (0.5, 0.6]: 0.6 wrong: 0.6 and 0. Bin (0, 0.1]: 0 right: 0 and 1.
        var reliability = Reliability.Of([0.95f, 0.95f, 0.95f, 1f, 0.6f, 0f], [true, true, false, true, false, true]);
        Assert.AreEqual((4 * 0.2125 + 0.6 + 1) / 6, reliability.ExpectedCalibrationError, 1e-6);
        CollectionAssert.AreEqual(new long[] { 1, 0, 0, 0, 0, 1, 0, 0, 0, 4 }, reliability.Bins.Select(bin => bin.Rows).ToArray());
        Assert.AreEqual((0.9625, 0.75), (Math.Round(reliability.Bins[9].Confidence, 6), reliability.Bins[9].Accuracy));
        Assert.IsTrue(double.IsNaN(reliability.Bins[4].Accuracy));
    }

    [TestMethod]
    public void ProbabilitiesThatAreRightHaveNoError()
    {
        float[] confidences = [.. Enumerable.Repeat(0.75f, 400)];
        Assert.AreEqual(0, Reliability.Of(confidences, [.. Enumerable.Range(0, 400).Select(row => row % 4 != 0)]).ExpectedCalibrationError, 1e-9);
    }
}
