using Microsoft.ML.Runtime;
using TorchSharp;

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

    /// <summary>
    /// The fine-tuned encoder as a model that another fine-tuning, or further pre-training, can start from: training on a larger related task first helps small ones
    /// (Phang et al., "Sentence Encoders on STILTs", 2018).
    /// </summary>
    /// <param name="heads">
    /// The model that this one was fine-tuned from, whose pre-training heads the result has as they are: they no longer fit the encoder exactly. The pooler, which next-sentence
    /// prediction shares with fine-tuning, is the fine-tuned one. It is not changed.
    /// </param>
    /// <returns>A model of its own, on the processor; yours to dispose of.</returns>
    /// <exception cref="ObjectDisposedException">This transformer or <paramref name="heads"/> has been disposed of.</exception>
    /// <exception cref="ArgumentException"><paramref name="heads"/> has another architecture or vocabulary.</exception>
    public BertModel ToPretrained(BertModel heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        if (!heads.Config.IsSameNetworkAs(Predictor.Config) || !heads.Tokenizer.IsSameAs(Predictor.Tokenizer))
            throw new ArgumentException("heads is a model of another architecture or vocabulary; expected the one that was fine-tuned.", nameof(heads));
        using var use = heads.Use();
        using var own = Use();
        var model = new BertModel(heads.Config, heads.Tokenizer, heads.NextSentence is not null, torch.CPU, seed: 0, pooler: true);
        try
        {
            model.Weights.CopyFrom(heads.Weights);
            model.Weights.CopyFrom(Predictor.Weights);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

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
