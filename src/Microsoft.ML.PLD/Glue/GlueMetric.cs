namespace Microsoft.ML.PLD;

/// <summary>One of the official metrics of GLUE, as a function of labels and predictions.</summary>
public sealed class GlueMetric
{
    private readonly Func<float[], float[], double> _of;

    private GlueMetric(string name, Func<float[], float[], double> of) => (Name, _of) = (name, of);

    /// <summary>The name, as in the tables of papers: MCC, Acc, F1, Pearson or Spearman.</summary>
    public string Name { get; }

    /// <summary><see cref="EvaluationMetrics.MatthewsCorrelation"/>.</summary>
    public static GlueMetric Matthews { get; } = new("MCC", (labels, predicted) => EvaluationMetrics.MatthewsCorrelation(Classes(labels), Classes(predicted)));

    /// <summary><see cref="EvaluationMetrics.Accuracy"/>.</summary>
    public static GlueMetric Accuracy { get; } = new("Acc", (labels, predicted) => EvaluationMetrics.Accuracy(Classes(labels), Classes(predicted)));

    /// <summary><see cref="EvaluationMetrics.F1"/> of class 1.</summary>
    public static GlueMetric F1 { get; } = new("F1", (labels, predicted) => EvaluationMetrics.F1(Classes(labels), Classes(predicted)));

    /// <summary><see cref="EvaluationMetrics.PearsonCorrelation"/>.</summary>
    public static GlueMetric Pearson { get; } = new("Pearson", (labels, predicted) => EvaluationMetrics.PearsonCorrelation(labels, predicted));

    /// <summary><see cref="EvaluationMetrics.SpearmanCorrelation"/>.</summary>
    public static GlueMetric Spearman { get; } = new("Spearman", (labels, predicted) => EvaluationMetrics.SpearmanCorrelation(labels, predicted));

    /// <summary>The metric's value.</summary>
    /// <param name="labels">What is right: class numbers or scores, as in <see cref="GlueExample.Label"/>.</param>
    /// <param name="predicted">What was predicted, row by row, likewise.</param>
    /// <returns>-1 or 0 to 1; NaN where <see cref="Pearson"/> and <see cref="Spearman"/> are not defined.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0; or the metric is one of classes, and a value is no whole number.</exception>
    public double Of(IEnumerable<float> labels, IEnumerable<float> predicted)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(predicted);
        return _of([.. labels], [.. predicted]);
    }

    /// <summary><see cref="Name"/>.</summary>
    public override string ToString() => Name;

    private static int[] Classes(float[] values) => Array.ConvertAll(values, value => (int)value == value
        ? (int)value
        : throw new ArgumentException(FormattableString.Invariant($"A label or prediction is {value}; expected the number of a class.")));
}
