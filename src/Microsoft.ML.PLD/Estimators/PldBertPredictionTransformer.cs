using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>A fine-tuned network over texts or pairs of sentences: what the transformers for classes, truth values and numbers have in common.</summary>
public abstract class PldBertPredictionTransformer : TextTransformer
{
    internal PldBertPredictionTransformer(
        IHostEnvironment environment, PredictionSettings settings, BertPredictor predictor, int width, ScoreFunction function, IReadOnlyList<OutputColumn> outputs)
        : base(environment, new TextColumns(settings.Sentence1ColumnName, settings.Sentence2ColumnName), new PredictionScorer(predictor, settings, width, function), outputs) =>
        (Settings, Predictor) = (settings, predictor);

    internal PredictionSettings Settings { get; }

    internal BertPredictor Predictor { get; }

    private protected IReadOnlyList<ModelEntry> Entries => SavedNetwork.Entries(Settings, Predictor.Config, Predictor.Tokenizer, Predictor.Weights);

    /// <summary>Reads what <see cref="Entries"/> are.</summary>
    /// <param name="entries">The model's parts.</param>
    /// <param name="columns">Names of columns that the transformer adds beside its score.</param>
    /// <param name="outputs">Numbers that the network makes of a text.</param>
    private protected static (PredictionSettings Settings, BertPredictor Predictor) Load(SavedEntries entries, Func<PredictionSettings, string?[]> columns, Func<int> outputs)
    {
        var settings = SavedNetwork.LoadSettings<PredictionSettings>(entries);
        var (config, tokenizer) = SavedNetwork.LoadArchitecture(entries);
        SavedNetwork.CheckSettings(
            config, settings.Pooling, settings.MaxLength, settings.Precision,
            [settings.Sentence1ColumnName, settings.Sentence2ColumnName, settings.ScoreColumnName, .. columns(settings).Select(name => name ?? "")]);
        SavedNetwork.CheckSettings(settings.LongTexts, settings.WindowStride, settings.MaxLength);
        var width = outputs();
        return (settings, SavedNetwork.LoadNetwork(
            entries, config, device => new BertPredictor(config, tokenizer, width, settings.Pooling, device, seed: 0), predictor => predictor.Weights, width));
    }
}
