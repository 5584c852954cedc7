namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class AxisTests
{
    [TestMethod]
    [DataRow(0.0, 1.0, "0 0.5 1.0")]
    [DataRow(3.2, 8.9, "2 4 6 8 10")]
    [DataRow(0.0, 1_234.0, "0 500 1,000 1,500")]
    [DataRow(0.0, 23_000.0, "0 10k 20k 30k")]
    [DataRow(0.0, 1.7e6, "0 0.5M 1.0M 1.5M 2.0M")]
    [DataRow(0.0, 3e-4, "0 1e-4 2e-4 3e-4")]
    [DataRow(-0.4, 0.3, "-0.4 -0.2 0 0.2 0.4")]
    [DataRow(5.0, 5.0, "4.5 5.0 5.5")]
    [DataRow(5.0, 5.000000000000001, "4.5 5.0 5.5")] // the next double
    [DataRow(0.0, 0.0, "-1.0 -0.5 0 0.5 1.0")]
    public void LabelsAreRoundNumbersThatCoverTheValues(double lowest, double highest, string labels)
    {
        var axis = Axis.Around(lowest, highest);
        Assert.AreEqual(labels, string.Join(' ', axis.Ticks.Select(axis.Label)));
        Assert.IsTrue(axis.From <= lowest && axis.To >= highest);
        Assert.IsTrue(axis.At(lowest) is >= -1e-9 and <= 1 && axis.At(highest) <= 1 + 1e-9);
    }

    [TestMethod]
    public void AnAxisOfStepsBeginsAndEndsWithThem()
    {
        var axis = Axis.Exactly(1, 2_000);
        Assert.AreEqual((0.0, 1.0), (axis.At(1), axis.At(2_000)));
        Assert.AreEqual("500 1,000 1,500 2,000", string.Join(' ', axis.Ticks.Select(axis.Label)));
    }
}
