namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PldBertMulticlassTrainerTests : MulticlassContract<PldBertMulticlassTransformer>
{
    private static readonly PldBertMulticlassTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Sentence2ColumnName = "Other", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 30, BatchSize = 8, MaxLength = 17, LearningRate = new() { Peak = 1e-2 } },
    };

    [TestMethod]
    public void OutputColumnsAreCheckedBeforeAnythingIsTrained()
    {
        var trainers = MLContext.MulticlassClassification.Trainers;
        Assert.Contains("ScoreColumnName is empty.", Assert.Throws<ArgumentException>(() => trainers.PldBert(Options with { ScoreColumnName = "" })).Message);
        Assert.Contains(
            "ScoreColumnName and PredictedLabelColumnName are both 'A'.",
            Assert.Throws<ArgumentException>(() => trainers.PldBert(Options with { ScoreColumnName = "A", PredictedLabelColumnName = "A" })).Message);
        Assert.Throws<ArgumentException>(() => MLContext.Transforms.PldBert("", "Text"));
    }

    protected override IEstimator<PldBertMulticlassTransformer> Create(MLContext mlContext) =>
        mlContext.MulticlassClassification.Trainers.PldBert(Options);
}
