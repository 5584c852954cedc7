using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Adds the answer to a yes-or-no question, with its score and probability, to texts or pairs of sentences.</summary>
/// <remarks>Made by <see cref="PldBertBinaryTrainer"/>, or loaded by <c>mlContext.Model.Load</c>.</remarks>
public sealed class PldBertBinaryTransformer : PldBertPredictionTransformer, ILoadableModel<PldBertBinaryTransformer>
{
    internal const string LoaderSignature = "PldBertBinary";
    internal const int NetworkOutputs = 2;
    private const string Kind = "BinaryClassification";

    internal PldBertBinaryTransformer(IHostEnvironment environment, PldBertBinaryTrainer.Options options, BertPredictor predictor)
        : this(environment, PredictionSettings.Of(options, options.PredictedLabelColumnName, options.ProbabilityColumnName), predictor)
    {
    }

    private PldBertBinaryTransformer(IHostEnvironment environment, PredictionSettings settings, BertPredictor predictor)
        : base(environment, settings, predictor, width: 1, (logits, score) => score[0] = logits[1] - logits[0], Columns(settings.ScoreColumnName, settings.ProbabilityColumnName!, settings.PredictedLabelColumnName!))
    {
    }

    /// <summary>Reads a folder that <see cref="PldBertPredictionTransformer.SavePretrained"/> wrote, or a <c>ForSequenceClassification</c> of Hugging Face's in a layout that
    /// <see cref="BertModel.FromPretrained"/> reads, or an ONNX model that <see cref="PldBertPredictionTransformer.SaveAsOnnx(string, OnnxExportOptions)"/> has written.</summary>
    /// <remarks>It has two outputs, of which the second is true's.</remarks>
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
    public static PldBertBinaryTransformer FromPretrained(MLContext mlContext, string folder, PldBertBinaryTrainer.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return FromPretrained(
            folder, options, reading => new PldBertBinaryTrainer.Options { FineTuning = reading }, (options, predictor, labels) =>
            {
                if (predictor.Outputs != NetworkOutputs) throw OtherOutputs(folder, predictor.Outputs, "2, false and true in this order");
                if (labels is [var first, var second] && (first.Equals("true", StringComparison.OrdinalIgnoreCase) || second.Equals("false", StringComparison.OrdinalIgnoreCase)))
                    throw new InvalidDataException(
                        $"The model in '{folder}' has the classes '{Excerpt.Of(first)}' and '{Excerpt.Of(second)}'; expected false first and true second. Read it with PldBertMulticlassTransformer.FromPretrained.");
                return new PldBertBinaryTransformer(mlContext, options, predictor);
            });
    }

    static ModelFormat ILoadableModel<PldBertBinaryTransformer>.Format { get; } = new(LoaderSignature, "PLDBIN  ");

    static PldBertBinaryTransformer ILoadableModel<PldBertBinaryTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var (settings, predictor) = Load(entries, settings => [settings.PredictedLabelColumnName, settings.ProbabilityColumnName], () => NetworkOutputs);
        return new PldBertBinaryTransformer(environment, settings, predictor);
    }

    // In the order of ML.NET's own trainers.
    internal static IReadOnlyList<OutputColumn> Columns(string score, string probability, string predictedLabel) =>
    [
        new ScalarColumn<bool>(predictedLabel, BooleanDataViewType.Instance, Kind, ScoreAnnotations.PredictedLabel, scores => scores[0] > 0),
        new ScalarColumn<float>(score, NumberDataViewType.Single, Kind, ScoreAnnotations.Score, scores => scores[0]),
        new ScalarColumn<float>(probability, NumberDataViewType.Single, Kind, ScoreAnnotations.Probability, scores => 1 / (1 + MathF.Exp(-scores[0]))),
    ];

    private protected override IReadOnlyList<string> OutputNames => LabelMap.Truth.Names;

    private protected override void AddOutputs(OnnxGraph graph, string outputs)
    {
        var logits = graph.Nodes("Split", "classifier/Split", [outputs], NetworkOutputs, ("axis", -1L));
        var score = graph.Node("Sub", "classifier/LogOdds", [logits[1], logits[0]]);
        graph.Output(score, "score", "The logarithm of the odds of true.", "batch", "1");
        graph.Output(graph.Node("Sigmoid", "classifier/Sigmoid", [score]), "probability", "Of true.", "batch", "1");
    }

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<PldBertBinaryTransformer>(context, [.. Entries]);
}
