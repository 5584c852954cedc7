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
        Assert.AreEqual("outputColumnName", Assert.ThrowsExactly<ArgumentException>(() => MLContext.Transforms.PldBert("", "Text")).ParamName);
        Assert.AreEqual("inputColumnName", Assert.ThrowsExactly<ArgumentException>(() => MLContext.Transforms.PldBert("Features", "")).ParamName);
    }

    [TestMethod]
    public void InputColumnsWithoutANameAreListedWithAllElseThatIsWrong()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => MLContext.MulticlassClassification.Trainers.PldBert(
            Options with { LabelColumnName = "", Sentence1ColumnName = null!, Sentence2ColumnName = "", ExampleWeightColumnName = "", VocabularySize = 5 })).Message;
        foreach (var part in new[]
        {
            "LabelColumnName is empty.", "Sentence1ColumnName is empty.", "Sentence2ColumnName is empty; expected", "ExampleWeightColumnName is empty; expected", "VocabularySize is 5; expected 6 to 1048576.",
        })
            Assert.Contains(part, message);
    }

    protected override IEstimator<PldBertMulticlassTransformer> Create(MLContext mlContext) =>
        mlContext.MulticlassClassification.Trainers.PldBert(Options);
}
