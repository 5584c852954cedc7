namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PldBertMulticlassTrainerTests : MulticlassContract<PldBertMulticlassTransformer>
{
    private static readonly PldBertMulticlassTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Sentence2ColumnName = "Other", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 30, BatchSize = 8, MaxLength = 17, LearningRate = new() { Peak = 1e-2 } },
    };

    protected override IEstimator<PldBertMulticlassTransformer> Create(MLContext mlContext) =>
        mlContext.MulticlassClassification.Trainers.PldBert(Options);
}
