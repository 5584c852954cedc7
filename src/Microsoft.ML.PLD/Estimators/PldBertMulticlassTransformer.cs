using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Adds the probability of each class, and the most probable one, to texts or pairs of sentences.</summary>
/// <remarks>Made by <see cref="PldBertMulticlassTrainer"/>, or loaded by <c>mlContext.Model.Load</c>.</remarks>
public sealed class PldBertMulticlassTransformer : TextTransformer, ILoadableModel<PldBertMulticlassTransformer>
{
    internal const string LoaderSignature = "PldBertMulticlass";
    private const string Labels = "labels.json";

    private readonly Settings _settings;
    private readonly BertClassifier _classifier;
    private readonly LabelMap _labels;

    internal PldBertMulticlassTransformer(IHostEnvironment environment, PldBertMulticlassTrainer.Options options, BertClassifier classifier, LabelMap labels)
        : this(environment, classifier, labels, new Settings(
            options.Sentence1ColumnName, options.Sentence2ColumnName, options.ScoreColumnName, options.PredictedLabelColumnName,
            options.FineTuning.Pooling, options.FineTuning.MaxLength, options.Runtime.Precision))
    {
    }

    private PldBertMulticlassTransformer(IHostEnvironment environment, BertClassifier classifier, LabelMap labels, Settings settings)
        : base(
            environment, new TextColumns(settings.Sentence1ColumnName, settings.Sentence2ColumnName),
            new ClassScorer(classifier, settings.MaxLength, PrecisionChoice.Resolve(settings.Precision, classifier.Weights.Device)),
            Columns(settings.ScoreColumnName, settings.PredictedLabelColumnName, labels)) =>
        (_classifier, _labels, _settings) = (classifier, labels, settings);

    static ModelFormat ILoadableModel<PldBertMulticlassTransformer>.Format { get; } = new(LoaderSignature, "PLDMCLS ");

    static PldBertMulticlassTransformer ILoadableModel<PldBertMulticlassTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var settings = SavedNetwork.LoadSettings<Settings>(entries);
        var (config, tokenizer) = SavedNetwork.LoadArchitecture(entries);
        SavedNetwork.CheckSettings(
            config, settings.Pooling, settings.MaxLength, settings.Precision,
            settings.Sentence1ColumnName, settings.Sentence2ColumnName, settings.ScoreColumnName, settings.PredictedLabelColumnName);
        var labels = entries.Read(Labels, LabelMap.Load);
        var classifier = SavedNetwork.LoadNetwork(
            entries, config, device => new BertClassifier(config, tokenizer, labels.Count, settings.Pooling, device, seed: 0),
            classifier => classifier.Weights, labels.Count);
        return new PldBertMulticlassTransformer(environment, classifier, labels, settings);
    }

    internal static IReadOnlyList<OutputColumn> Columns(string score, string predictedLabel, LabelMap labels) =>
        [new PredictedLabelColumn(predictedLabel, labels), new ClassScoreColumn(score, labels)];

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<PldBertMulticlassTransformer>(
        context, [.. SavedNetwork.Entries(_settings, _classifier.Config, _classifier.Tokenizer, _classifier.Weights), new ModelEntry(Labels, _labels.Save)]);

    private sealed record Settings(
        string Sentence1ColumnName, string? Sentence2ColumnName, string ScoreColumnName, string PredictedLabelColumnName, Pooling Pooling, int MaxLength, Precision Precision);
}
