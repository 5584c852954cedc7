using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class RegressionObjectiveTests
{
    [TestMethod]
    public void TheLossIsTheSquaredErrorInDeviations()
    {
        using var scope = torch.NewDisposeScope();
        var objective = RegressionObjective.For([10, 20, 30, 40]); // mean 25, deviation sqrt(125)
        var loss = objective.Loss(torch.tensor(new[] { 0f, 1 }).view(2, 1), [25, 40], [1, 3]).item<float>();
        var error = 1 - 15 / Math.Sqrt(125);
        Assert.AreEqual(3 * error * error, loss, 1e-6);
    }

    [TestMethod]
    public void HeldOutRowsAreMeasuredInTheLabelsUnit()
    {
        var objective = new RegressionObjective(mean: 100, deviation: 10);
        var measured = objective.Measure([0, 1, 2], [100, 112, 118], ValidationMetric.PearsonCorrelation);
        Assert.AreEqual((0 + 4 + 4) / 3.0, measured.Loss, 1e-6);
        Assert.IsNull(measured.Accuracy);
        Assert.AreEqual(0.98198, measured.Metric!.Value, 1e-5);
        Assert.AreEqual(1, objective.Measure([0, 1, 2], [100, 112, 118], ValidationMetric.SpearmanCorrelation).Metric!.Value, 1e-12);
        Assert.IsNull(objective.Measure([0], [100], ValidationMetric.Loss).Metric);
        Assert.AreEqual((10, 100), objective.Calibrate([], []));
    }

    [TestMethod]
    public void LabelsThatAreAllTheSameHaveNoDeviationToDivideBy()
    {
        using var scope = torch.NewDisposeScope();
        var objective = RegressionObjective.For([7, 7]);
        Assert.AreEqual((1, 7), objective.Calibrate([], []));
        Assert.AreEqual(0, objective.Loss(torch.zeros(2, 1), [7, 7], [1, 1]).item<float>());
    }
}
