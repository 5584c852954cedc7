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

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<PldBertBinaryTransformer>(context, [.. Entries]);
}
