using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Fine-tunes a pre-trained encoder to tell the classes of texts, or of pairs of sentences.</summary>
/// <remarks>
/// <para>Made by <see cref="PldBertCatalog.PldBert(MulticlassClassificationCatalog.MulticlassClassificationTrainers, PldBertMulticlassTrainer.Options)"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Multiclass classification</description></item>
/// <item><term>Input columns</term><description>One or two columns of <see cref="System.String"/>; missing text is empty text</description></item>
/// <item><term>Label column</term><description>Key, as <c>MapValueToKey</c> makes it; a row without a label is an error</description></item>
/// <item><term>Output columns</term><description>Score: probability of each class, the slots named after the classes; PredictedLabel: key</description></item>
/// <item><term>Is caching required?</term><description>No: tokens are kept in memory</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, by the transformer's SaveAsOnnx, from tokens on</description></item>
/// </list>
/// </remarks>
public sealed class PldBertMulticlassTrainer : PldBertTrainer<PldBertMulticlassTransformer>
{
    /// <summary>Options of <see cref="PldBertMulticlassTrainer"/>.</summary>
    public sealed record Options : PldBertTrainerOptions
    {
        /// <summary>The column to add with the most probable class. Default: PredictedLabel.</summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        private protected override IEnumerable<(string Option, string Column)> Outputs =>
            [(nameof(ScoreColumnName), ScoreColumnName), (nameof(PredictedLabelColumnName), PredictedLabelColumnName)];

        private protected override IEnumerable<string> ProblemsOfKind() => FineTuning.Problems(
            "multiclass classification", hasClasses: true, ValidationMetric.Loss, ValidationMetric.Accuracy, ValidationMetric.F1, ValidationMetric.MatthewsCorrelation);
    }

    private readonly Options _options;

    internal PldBertMulticlassTrainer(IHostEnvironment environment, Options options)
        : base(environment, options, InputColumn.KeyLabel) => _options = options;

    private protected override IObjective ObjectiveFor(LabelMap? labels, IReadOnlyList<double> targets) =>
        new ClassificationObjective(labels!.Count, _options.FineTuning.LabelSmoothing, _options.FineTuning.FocalLossGamma);

    private protected override PldBertMulticlassTransformer Make(BertPredictor predictor, LabelMap? labels) => new(Host, _options, predictor, labels!);

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) =>
        PldBertMulticlassTransformer.Columns(_options.ScoreColumnName, _options.PredictedLabelColumnName, LabelMap.PromisedBy(label!.Value));
}
