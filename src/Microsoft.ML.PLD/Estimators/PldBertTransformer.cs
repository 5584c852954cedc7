using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Adds a column with the vector that a pre-trained encoder has for each text.</summary>
/// <remarks>Made by <see cref="PldBertEstimator"/>, or loaded by <c>mlContext.Model.Load</c>.</remarks>
public sealed class PldBertTransformer : TextTransformer, ILoadableModel<PldBertTransformer>
{
    internal const string LoaderSignature = "PldBertTransformer";

    private readonly Settings _settings;

    internal PldBertTransformer(
        IHostEnvironment environment, string inputColumnName, string outputColumnName, BertModel model, Pooling pooling, int maxLength, Precision precision)
        : this(environment, model, new Settings(inputColumnName, outputColumnName, pooling, maxLength, precision, model.NextSentence is not null))
    {
    }

    private PldBertTransformer(IHostEnvironment environment, BertModel model, Settings settings)
        : base(
            environment, new TextColumns(settings.InputColumnName),
            new EmbeddingScorer(model, settings.Pooling, settings.MaxLength, PrecisionChoice.Resolve(settings.Precision, model.Device)),
            [new FeaturesColumn(settings.OutputColumnName, model.Config.HiddenSize)]) =>
        (Model, _settings) = (model, settings);

    /// <summary>The pre-trained encoder: save it as a folder, or fine-tune it. Disposed of with the transformer.</summary>
    public BertModel Model { get; }

    static ModelFormat ILoadableModel<PldBertTransformer>.Format { get; } = new(LoaderSignature, "PLDBERT ");

    static PldBertTransformer ILoadableModel<PldBertTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var settings = SavedNetwork.LoadSettings<Settings>(entries);
        var (config, tokenizer) = SavedNetwork.LoadArchitecture(entries);
        SavedNetwork.CheckSettings(config, settings.Pooling, settings.MaxLength, settings.Precision, settings.InputColumnName, settings.OutputColumnName);
        var model = SavedNetwork.LoadNetwork(
            entries, config, device => new BertModel(config, tokenizer, settings.NextSentence, device, seed: 0), model => model.Weights);
        return new PldBertTransformer(environment, model, settings);
    }

    private protected override void Save(ModelSaveContext context)
    {
        using var use = Model.Use(); // it is public, and may be disposed of by itself
        MLNetAccess.Save<PldBertTransformer>(context, SavedNetwork.Entries(_settings, Model.Config, Model.Tokenizer, Model.Weights));
    }

    private sealed record Settings(string InputColumnName, string OutputColumnName, Pooling Pooling, int MaxLength, Precision Precision, bool NextSentence);
}
