namespace Microsoft.ML.PLD.Tests;

/// <summary>Options that are allowed, and seldom meant.</summary>
[TestClass]
public sealed class FineTuningCautionsTests : FineTuningFixture
{
    private const string Loss = "the best validation is chosen by the unweighted loss", Copies = "copies blocks over others of the pre-trained encoder", PostLN = "post-layer normalization";

    [TestMethod]
    public void ClassWeightsThatAreJudgedByTheLoss()
    {
        var held = Options.FineTuning with { ValidationShare = 0.3 };
        Assert.AreEqual(1, Warnings(held with { ClassWeighting = ClassWeighting.Balanced }, Loss));
        Assert.AreEqual(1, Warnings(held with { ClassWeights = new Dictionary<string, double> { ["dog"] = 2 } }, Loss));
        Assert.AreEqual(1, Warnings(held with { FocalLossGamma = 2 }, Loss));
        Assert.AreEqual(0, Warnings(held, Loss));
        Assert.AreEqual(0, Warnings(held with { ClassWeighting = ClassWeighting.Balanced, ValidationMetric = ValidationMetric.F1 }, Loss));
        Assert.AreEqual(0, Warnings(Options.FineTuning with { ClassWeighting = ClassWeighting.Balanced }, Loss));
    }

    [TestMethod]
    public void SchedulesThatHarmAnEncoder()
    {
        var stacking = Options.FineTuning with { LayerSchedule = new ProgressiveStacking(CopiedState.Copied, new GrowthStage(2, 0.5)) };
        Assert.AreEqual(1, Warnings(stacking, Copies));
        Assert.AreEqual(0, Warnings(stacking, Copies, pretrained: false));
        var dropping = Options.FineTuning with { LayerSchedule = new ProgressiveLayerDrop(0.5) };
        Assert.AreEqual(0, Warnings(dropping, Copies));
        Assert.AreEqual(0, Warnings(dropping, PostLN, pretrained: false));
        Assert.AreEqual(1, Warnings(dropping, PostLN, pretrained: false, NormPlacement.Post));
        Assert.AreEqual(1, Warnings(dropping, "LayerSchedule is ProgressiveLayerDrop, and the encoder has", pretrained: false, NormPlacement.Post));
        foreach (var schedule in new ILayerSchedule[] { new DenseSchedule(), new DropBackwardOnly(), stacking.LayerSchedule })
            Assert.AreEqual(0, Warnings(Options.FineTuning with { LayerSchedule = schedule }, PostLN, pretrained: false, NormPlacement.Post), $"{schedule}");
        var config = new BertConfig { NormPlacement = NormPlacement.Post };
        StringAssert.Contains(ScheduleCautions.Of(new ProgressiveLayerDrop(0.5), config, isPretrained: false).Single(), "Set Config.NormPlacement to NormPlacement.Pre");
        StringAssert.EndsWith(ScheduleCautions.Of(new ProgressiveLayerDrop(0.5), config, isPretrained: true).Single(), "Watch the loss, or use new DenseSchedule().");
    }

    private static int Warnings(FineTuningOptions fineTuning, string about, bool pretrained = true, NormPlacement placement = NormPlacement.Pre)
    {
        var mlContext = new MLContext(seed: 1);
        var log = new LogLines(mlContext);
        var options = Options with { FineTuning = fineTuning, Pretrained = pretrained ? Pretrained : null };
        if (!pretrained) options = options with { Config = options.Config with { NormPlacement = placement } };
        mlContext.MulticlassClassification.Trainers.PldBert(options).Fit(Labelled(mlContext, TextRow.Make(20))).Dispose();
        return log.Of("Warning").Count(line => line.Contains(about));
    }
}
