using System.Globalization;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ProgressTextTests
{
    internal static readonly TrainingProgress Example = new()
    {
        Stage = "Pre-training",
        Step = 120,
        TotalSteps = 2_000,
        Loss = 7.2134,
        LearningRate = 9.8e-4,
        Theta = .7411,
        BlocksRun = 10,
        Blocks = 12,
        GradientNorm = 1.5,
        TokensPerSecond = 12_340.4,
        Elapsed = TimeSpan.FromSeconds(13),
        Remaining = TimeSpan.FromSeconds(200),
    };

    [TestMethod]
    [DataRow("en-US")]
    [DataRow("de-DE")]
    [DataRow("ar-SA")]
    public void ALineReadsTheSameInEveryCulture(string culture)
    {
        var before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
        try
        {
            Assert.AreEqual(
                "Pre-training 120/2,000 (6 %): loss 7.213, learning rate 9.8e-4, theta 0.74, 10/12 blocks, 12,340 tokens/s, 3 min 20 s left",
                ProgressText.Line(Example));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void WhatAStageDoesNotHaveIsLeftOut() => Assert.AreEqual(
        "Fine-tuning 1/3 (33 %): loss 4.344, learning rate 2.0e-5",
        ProgressText.Line(new() { Stage = "Fine-tuning", Step = 1, TotalSteps = 3, Loss = 4.3438, LearningRate = 2e-5, Blocks = 12, BlocksRun = 12 }));

    [TestMethod]
    public void ValidationIsSaid() => Assert.AreEqual(
        "Pre-training 2,000/2,000 (100 %): loss 7.213, learning rate 9.8e-4, theta 0.74, 10/12 blocks, 12,340 tokens/s, "
        + "validation loss 6.500, validation accuracy 12.3 %",
        ProgressText.Line(Example with { Step = 2_000, ValidationLoss = 6.5, ValidationAccuracy = .1234, Remaining = TimeSpan.Zero }));

    [TestMethod]
    public void PairsAreSaid() => Assert.AreEqual(
        "Pre-training 2,000/2,000 (100 %): loss 7.213, learning rate 9.8e-4, validation loss 6.500, validation accuracy 12.3 %, validation next-sentence accuracy 69.2 %",
        ProgressText.Line(Example with
        {
            Step = 2_000,
            Theta = 1,
            BlocksRun = 12,
            TokensPerSecond = 0,
            ValidationLoss = 6.5,
            ValidationAccuracy = .1234,
            ValidationNextSentenceAccuracy = .692,
            Remaining = null,
        }));

    // As the first half of GrowingDepth has it.
    [TestMethod]
    public void AThetaOfOneIsNotSaid() => StringAssert.Contains(ProgressText.Line(Example with { Theta = 1, BlocksRun = 3 }), "learning rate 9.8e-4, 3/12 blocks,");

    [TestMethod]
    public void TheMetricIsNamedAndTheErrorOfRegressionIsNoLoss()
    {
        var run = new TrainingRun { Options = new Dictionary<string, string> { ["ValidationMetric"] = "PearsonCorrelation" } };
        var report = Example with { Remaining = null, ValidationLoss = 12_345.678, ValidationMetric = .8123, Run = run };
        StringAssert.EndsWith(ProgressText.Line(report), "tokens/s, validation mean squared error 1.235E+04, validation PearsonCorrelation 0.8123");
        StringAssert.EndsWith(ProgressText.Line(report with { Run = null, ValidationLoss = .5, ValidationAccuracy = .75 }), "validation loss 0.500, validation accuracy 75.0 %, validation metric 0.8123");
    }

    [TestMethod]
    public void AHundredPercentMeansDone() => Assert.AreEqual("99 %", ProgressText.Percent(Example with { Step = 1_999 }));

    [TestMethod]
    public void ALossThatIsNotANumberIsShown() => StringAssert.Contains(ProgressText.Line(Example with { Loss = double.NaN }), "loss NaN,");

    [TestMethod]
    [DataRow(0.4, "0 s")]
    [DataRow(42.4, "42 s")]
    [DataRow(59.7, "1 min 0 s")]
    [DataRow(200.0, "3 min 20 s")]
    [DataRow(18_420.0, "5 h 7 min")]
    [DataRow(183_600.0, "2 d 3 h")]
    [DataRow(-5.0, "0 s")]
    public void DurationsHaveTheirTwoLargestUnits(double seconds, string text) =>
        Assert.AreEqual(text, ProgressText.Duration(TimeSpan.FromSeconds(seconds)));
}
