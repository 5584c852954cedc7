using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Fine-tunes a pre-trained encoder to answer a yes-or-no question about texts, or pairs of sentences.</summary>
/// <remarks>
/// <para>Made by <see cref="PldBertCatalog.PldBert(BinaryClassificationCatalog.BinaryClassificationTrainers, PldBertBinaryTrainer.Options)"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Binary classification</description></item>
/// <item><term>Input columns</term><description>One or two columns of <see cref="System.String"/>; missing text is empty text</description></item>
/// <item><term>Label column</term><description><see cref="System.Boolean"/></description></item>
/// <item><term>Output columns</term><description>
/// Score: the logarithm of the odds of true; Probability: of true, fitted to held-out rows where there is validation; PredictedLabel: whether Score is above 0
/// </description></item>
/// <item><term>Is caching required?</term><description>No: tokens are kept in memory</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, by the transformer's SaveAsOnnx, from tokens on</description></item>
/// </list>
/// </remarks>
public sealed class PldBertBinaryTrainer : PldBertTrainer<PldBertBinaryTransformer>
{
    /// <summary>Options of <see cref="PldBertBinaryTrainer"/>.</summary>
    public sealed record Options : PldBertTrainerOptions
    {
        /// <summary>The column to add with the probability of true. Default: Probability.</summary>
        public string ProbabilityColumnName { get; init; } = "Probability";

        /// <summary>The column to add with the more probable answer. Default: PredictedLabel.</summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        private protected override IEnumerable<(string Option, string Column)> Outputs =>
            [(nameof(ScoreColumnName), ScoreColumnName), (nameof(ProbabilityColumnName), ProbabilityColumnName), (nameof(PredictedLabelColumnName), PredictedLabelColumnName)];

        private protected override IEnumerable<string> ProblemsOfKind() => FineTuning.Problems(
            "binary classification", hasClasses: true,
            ValidationMetric.Loss, ValidationMetric.Accuracy, ValidationMetric.F1, ValidationMetric.MatthewsCorrelation, ValidationMetric.AreaUnderRocCurve);
    }

    private readonly Options _options;

    internal PldBertBinaryTrainer(IHostEnvironment environment, Options options)
        : base(environment, options, InputColumn.BooleanLabel) => _options = options;

    // Two logits, as Hugging Face has them: the same functions as one, and all that is for classes is for these too.
    private protected override IObjective ObjectiveFor(LabelMap? labels, IReadOnlyList<double> targets) =>
        new ClassificationObjective(PldBertBinaryTransformer.NetworkOutputs, _options.FineTuning.LabelSmoothing, _options.FineTuning.FocalLossGamma, isBinary: true);

    private protected override PldBertBinaryTransformer Make(BertPredictor predictor, LabelMap? labels) => new(Host, _options, predictor);

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) =>
        PldBertBinaryTransformer.Columns(_options.ScoreColumnName, _options.ProbabilityColumnName, _options.PredictedLabelColumnName);
}
