using System.Numerics.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Adds the probability of each class, and the most probable one, to texts or pairs of sentences.</summary>
/// <remarks>Made by <see cref="PldBertMulticlassTrainer"/>, or loaded by <c>mlContext.Model.Load</c>.</remarks>
public sealed class PldBertMulticlassTransformer : PldBertPredictionTransformer, ILoadableModel<PldBertMulticlassTransformer>
{
    internal const string LoaderSignature = "PldBertMulticlass";
    private const string Labels = "labels.json";

    private readonly LabelMap _labels;

    internal PldBertMulticlassTransformer(IHostEnvironment environment, PldBertMulticlassTrainer.Options options, BertPredictor predictor, LabelMap labels)
        : this(environment, PredictionSettings.Of(options, options.PredictedLabelColumnName), predictor, labels)
    {
    }

    private PldBertMulticlassTransformer(IHostEnvironment environment, PredictionSettings settings, BertPredictor predictor, LabelMap labels)
        : base(environment, settings, predictor, labels.Count, TensorPrimitives.SoftMax, Columns(settings.ScoreColumnName, settings.PredictedLabelColumnName!, labels)) => _labels = labels;

    static ModelFormat ILoadableModel<PldBertMulticlassTransformer>.Format { get; } = new(LoaderSignature, "PLDMCLS ");

    static PldBertMulticlassTransformer ILoadableModel<PldBertMulticlassTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        LabelMap labels = null!;
        var (settings, predictor) = Load(entries, settings => [settings.PredictedLabelColumnName], () => (labels = entries.Read(Labels, LabelMap.Load)).Count);
        return new PldBertMulticlassTransformer(environment, settings, predictor, labels);
    }

    internal static IReadOnlyList<OutputColumn> Columns(string score, string predictedLabel, LabelMap labels) =>
        [new PredictedLabelColumn(predictedLabel, labels), new ClassScoreColumn(score, labels)];

    private protected override IReadOnlyList<string> OutputNames => _labels.Names;

    private protected override void Save(ModelSaveContext context) =>
        MLNetAccess.Save<PldBertMulticlassTransformer>(context, [.. Entries, new ModelEntry(Labels, _labels.Save)]);
}
