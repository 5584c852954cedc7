using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Fine-tunes a pre-trained encoder to predict a number from texts, or pairs of sentences.</summary>
/// <remarks>
/// <para>Made by <see cref="PldBertCatalog.PldBert(RegressionCatalog.RegressionTrainers, PldBertRegressionTrainer.Options)"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Regression</description></item>
/// <item><term>Input columns</term><description>One or two columns of <see cref="System.String"/>; missing text is empty text</description></item>
/// <item><term>Label column</term><description><see cref="System.Single"/>, of any scale; a row without a number is an error</description></item>
/// <item><term>Output columns</term><description>Score: the number, in the label's unit</description></item>
/// <item><term>Is caching required?</term><description>No: tokens are kept in memory</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, by the transformer's SaveAsOnnx, from tokens on</description></item>
/// </list>
/// </remarks>
public sealed class PldBertRegressionTrainer : PldBertTrainer<PldBertRegressionTransformer>
{
    /// <summary>Options of <see cref="PldBertRegressionTrainer"/>.</summary>
    public sealed record Options : PldBertTrainerOptions
    {
        private protected override IEnumerable<(string Option, string Column)> Outputs => [(nameof(ScoreColumnName), ScoreColumnName)];

        private protected override IEnumerable<string> ProblemsOfKind() => FineTuning.Problems(
            "regression", hasClasses: false, ValidationMetric.Loss, ValidationMetric.PearsonCorrelation, ValidationMetric.SpearmanCorrelation);
    }

    private readonly Options _options;

    internal PldBertRegressionTrainer(IHostEnvironment environment, Options options)
        : base(environment, options, InputColumn.NumberLabel) => _options = options;

    private protected override IObjective ObjectiveFor(LabelMap? labels, IReadOnlyList<double> targets) => RegressionObjective.For(targets);

    private protected override PldBertRegressionTransformer Make(BertPredictor predictor, LabelMap? labels) => new(Host, _options, predictor);

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) => PldBertRegressionTransformer.Columns(_options.ScoreColumnName);
}
