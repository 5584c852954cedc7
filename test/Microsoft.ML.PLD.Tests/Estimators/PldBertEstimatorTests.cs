namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PldBertEstimatorTests : EstimatorContract<PldBertTransformer>
{
    private static readonly PldBertEstimator.Options Options = new()
    {
        Config = TestCorpus.Config, Pretraining = TestCorpus.Options, Runtime = TestCorpus.Runtime, VocabularySize = 60, MaxLength = 11,
    };

    protected override IEstimator<PldBertTransformer> Create(MLContext mlContext) => mlContext.Transforms.PldBert("Features", "Text", Options);
}
