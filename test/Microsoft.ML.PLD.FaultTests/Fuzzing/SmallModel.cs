using System.IO.Compression;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The smallest models there can be, and their files as the library writes them.</summary>
internal static class SmallModel
{
    public static readonly WordPieceVocabulary Vocabulary = WordPieceVocabulary.FromPieces([.. WordPieceVocabulary.SpecialPieces, "a", "##b", "c", "ü", "."]);

    public static readonly BertConfig Config = new() { VocabularySize = Vocabulary.Count, HiddenSize = 2, Layers = 1, AttentionHeads = 1, IntermediateSize = 3, MaxPositions = 4 };

    public static BertModel Make(NormPlacement placement = NormPlacement.Pre)
    {
        TorchRuntime.EnsureLoaded();
        return new BertModel(Config with { NormPlacement = placement }, new WordPieceTokenizer(Vocabulary), nextSentence: true, torch.CPU, seed: 1);
    }

    public static PldBertTransformer Transformer(IHostEnvironment environment) =>
        new(environment, "Text", "Features", Make(), Pooling.Mean, Config.MaxPositions, Precision.Float32);

    public static PldBertMulticlassTransformer Classifier(MLContext mlContext)
    {
        var data = mlContext.Data.LoadFromEnumerable([new Question { Category = "x" }, new Question { Category = "y" }]);
        var keyed = mlContext.Transforms.Conversion.MapValueToKey(nameof(Question.Category)).Fit(data).Transform(data);
        var options = new PldBertMulticlassTrainer.Options { Sentence1ColumnName = "Text", FineTuning = Reading };
        return new PldBertMulticlassTransformer(mlContext, options, Predictor(2), LabelMap.Of(keyed.Schema[nameof(Question.Category)]));
    }

    public static PldBertBinaryTransformer Binary(IHostEnvironment environment) =>
        new(environment, new PldBertBinaryTrainer.Options { Sentence1ColumnName = "Text", FineTuning = Reading }, Predictor(2));

    public static PldBertRegressionTransformer Regression(IHostEnvironment environment) =>
        new(environment, new PldBertRegressionTrainer.Options { Sentence1ColumnName = "Text", Sentence2ColumnName = "Other", FineTuning = Reading }, Predictor(1));

    private static FineTuningOptions Reading => new() { MaxLength = Config.MaxPositions, LongTexts = LongTexts.SlidingWindows };

    private static BertPredictor Predictor(int outputs)
    {
        TorchRuntime.EnsureLoaded();
        return new BertPredictor(Config, new WordPieceTokenizer(Vocabulary), outputs, Pooling.Cls, torch.CPU, seed: 1);
    }

    /// <summary>The parts of a saved model, by name.</summary>
    public static Dictionary<string, byte[]> Parts(MLContext mlContext, ITransformer model)
    {
        using var file = new MemoryStream();
        mlContext.Model.Save(model, null, file);
        using var archive = new ZipArchive(file);
        var parts = new Dictionary<string, byte[]>();
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            parts[entry.FullName.Split('/', '\\')[^1]] = bytes.ToArray();
        }
        return parts;
    }
}
