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

    /// <summary>Reads a folder that <see cref="PldBertPredictionTransformer.SavePretrained"/> wrote, or a <c>ForSequenceClassification</c> of Hugging Face's in a layout that
    /// <see cref="BertModel.FromPretrained"/> reads, or an ONNX model that <see cref="PldBertPredictionTransformer.SaveAsOnnx(string, OnnxExportOptions)"/> has written.</summary>
    /// <param name="mlContext">ML.NET's.</param>
    /// <param name="folder">The folder, or the ONNX model, a file that ends in .onnx, with the tokenizer's files beside it.</param>
    /// <param name="options">
    /// The names of the columns; <see cref="FineTuningOptions.MaxLength"/>, <see cref="FineTuningOptions.LongTexts"/> and <see cref="FineTuningOptions.WindowStride"/>, which a folder does
    /// not tell, and which replace what an ONNX model says; and <see cref="PldBertTrainerOptions.Runtime"/>. <see cref="FineTuningOptions.Pooling"/> has to be the model's, of a folder
    /// <see cref="Pooling.Cls"/>. The others, which are for training, have to be valid and change nothing. Null: the defaults, and at most 128 tokens of a text, or of an ONNX model what it says.
    /// </param>
    /// <returns>The transformer; yours to dispose of.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist, or is a file that is no ONNX model. Nothing is downloaded.</exception>
    /// <exception cref="FileNotFoundException">One of the files is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or not of a model of this kind; the message names it.</exception>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is empty, or the options cannot be, or not with this model.</exception>
    /// <exception cref="InvalidOperationException">The device is not on this machine.</exception>
    public static PldBertMulticlassTransformer FromPretrained(MLContext mlContext, string folder, PldBertMulticlassTrainer.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return FromPretrained(
            folder, options, reading => new PldBertMulticlassTrainer.Options { FineTuning = reading }, (options, predictor, labels) => predictor.Outputs > 1
                ? new PldBertMulticlassTransformer(mlContext, options, predictor, LabelMap.Named(predictor.Outputs, labels))
                : throw OtherOutputs(folder, predictor.Outputs, "at least 2, one for each class; PldBertRegressionTransformer.FromPretrained reads models with 1"));
    }

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

    private protected override void AddOutputs(OnnxGraph graph, string outputs)
    {
        graph.Output(outputs, "logits", "Of each class.", "batch", $"{_labels.Count}");
        graph.Output(graph.Node("Softmax", "classifier/Softmax", [outputs], ("axis", -1L)), "probabilities", "Of each class.", "batch", $"{_labels.Count}");
    }

    private protected override void Save(ModelSaveContext context) =>
        MLNetAccess.Save<PldBertMulticlassTransformer>(context, [.. Entries, new ModelEntry(Labels, _labels.Save)]);
}
