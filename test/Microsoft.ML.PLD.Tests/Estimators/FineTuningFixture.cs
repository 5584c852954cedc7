using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Options that fit in a moment, and a small encoder to start from.</summary>
public abstract class FineTuningFixture
{
    private protected static readonly PldBertMulticlassTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 2, BatchSize = 8, MaxLength = 11 },
    };

    // Made once for all classes, which run side by side; it lives as long as they do.
    private static readonly Lazy<PldBertTransformer> Made = new(() =>
    {
        var mlContext = new MLContext(seed: 1);
        return mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = TestCorpus.Config, Pretraining = TestCorpus.Options with { Steps = 3, NextSentencePrediction = true }, Runtime = TestCorpus.Runtime, VocabularySize = 60, MaxLength = 11,
        }).Fit(mlContext.Data.LoadFromEnumerable(TextRow.Make(30)));
    });

    private protected static BertModel Pretrained => Made.Value.Model;

    private protected MLContext MLContext { get; } = new(seed: 5);

    private protected PldBertMulticlassTransformer Fit(PldBertMulticlassTrainer.Options options, TextRow[]? rows = null) =>
        MLContext.MulticlassClassification.Trainers.PldBert(options).Fit(Labelled(MLContext, rows ?? TextRow.Make(20)));

    private protected static IDataView Labelled(MLContext mlContext, TextRow[] rows)
    {
        var data = mlContext.Data.LoadFromEnumerable(rows);
        return mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)).Fit(data).Transform(data);
    }

    private protected float[][] Scores(ITransformer tuned, TextRow[] rows) => [.. tuned.Transform(MLContext.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score")];

    private protected static Dictionary<string, float[]> SavedWeights(PldBertMulticlassTransformer tuned)
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        new MLContext().Model.Save(tuned, null, folder["model.zip"]);
        using var zip = System.IO.Compression.ZipFile.OpenRead(folder["model.zip"]);
        using var file = new SafetensorsReader(zip.Entries.Single(entry => entry.FullName.EndsWith("model.safetensors", StringComparison.Ordinal)).Open(), "model.safetensors");
        return file.ReadAll().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.data<float>().ToArray());
    }
}
