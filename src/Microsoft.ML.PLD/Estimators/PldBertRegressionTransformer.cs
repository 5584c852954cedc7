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

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<PldBertRegressionTransformer>(context, [.. Entries]);
}
