namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>
/// What the documents' code calls, by the same names: the compiler takes those of the nearest namespace, which is why the pages have one of their own. Options are checked as they are
/// written; what is trained is small and short.
/// </summary>
internal static class SmallRuns
{
    public static PldBertEstimator PldBert(this TransformsCatalog catalog, string outputColumnName = "Features", string inputColumnName = "Text", long steps = 10_000) =>
        catalog.PldBert(outputColumnName, inputColumnName, new PldBertEstimator.Options { Pretraining = new() { Steps = steps } });

    public static PldBertEstimator PldBert(this TransformsCatalog catalog, string outputColumnName, string inputColumnName, PldBertEstimator.Options options)
    {
        Assert.IsNotNull(PldBertCatalog.PldBert(catalog, outputColumnName, inputColumnName, options));
        return PldBertCatalog.PldBert(catalog, outputColumnName, inputColumnName, options with
        {
            Config = options.Config with { HiddenSize = 16, AttentionHeads = 2, IntermediateSize = 24 },
            VocabularySize = Math.Min(150, options.VocabularySize),
            Pretraining = options.Pretraining with
            {
                Steps = Math.Min(4, options.Pretraining.Steps),
                BatchSize = Math.Min(4, options.Pretraining.BatchSize),
                SequenceLength = Math.Min(16, options.Pretraining.SequenceLength),
                ValidationSequences = 2,
            },
        });
    }
}

/// <summary>In place of the package with the model.</summary>
internal static class PldModels
{
    public static BertModel Mini() => DocumentPage.SmallModel();
}
