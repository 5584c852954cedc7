using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Adds a predicted number to texts or pairs of sentences.</summary>
/// <remarks>Made by <see cref="PldBertRegressionTrainer"/>, or loaded by <c>mlContext.Model.Load</c>.</remarks>
public sealed class PldBertRegressionTransformer : PldBertPredictionTransformer, ILoadableModel<PldBertRegressionTransformer>
{
    internal const string LoaderSignature = "PldBertRegression";
    private const int NetworkOutputs = 1;

    internal PldBertRegressionTransformer(IHostEnvironment environment, PldBertRegressionTrainer.Options options, BertPredictor predictor)
        : this(environment, PredictionSettings.Of(options), predictor)
    {
    }

    private PldBertRegressionTransformer(IHostEnvironment environment, PredictionSettings settings, BertPredictor predictor)
        : base(environment, settings, predictor, width: 1, (value, score) => value.CopyTo(score), Columns(settings.ScoreColumnName))
    {
    }

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
    public static PldBertRegressionTransformer FromPretrained(MLContext mlContext, string folder, PldBertRegressionTrainer.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return FromPretrained(
            folder, options, reading => new PldBertRegressionTrainer.Options { FineTuning = reading }, (options, predictor, _) => predictor.Outputs == NetworkOutputs
                ? new PldBertRegressionTransformer(mlContext, options, predictor)
                : throw OtherOutputs(folder, predictor.Outputs, "1, a number"));
    }

    static ModelFormat ILoadableModel<PldBertRegressionTransformer>.Format { get; } = new(LoaderSignature, "PLDREGR ");

    static PldBertRegressionTransformer ILoadableModel<PldBertRegressionTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var (settings, predictor) = Load(entries, _ => [], () => NetworkOutputs);
        return new PldBertRegressionTransformer(environment, settings, predictor);
    }

    internal static IReadOnlyList<OutputColumn> Columns(string score) =>
        [new ScalarColumn<float>(score, NumberDataViewType.Single, "Regression", ScoreAnnotations.Score, scores => scores[0])];

    private protected override IReadOnlyList<string> OutputNames => [Settings.ScoreColumnName];

    private protected override string ProblemType => "regression";

    private protected override void AddOutputs(OnnxGraph graph, string outputs) => graph.Output(outputs, "score", "The predicted number.", "batch", "1");

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<PldBertRegressionTransformer>(context, [.. Entries]);
}
