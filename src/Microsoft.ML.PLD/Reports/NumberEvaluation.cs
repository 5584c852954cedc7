using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Predictions of numbers, compared with the truth.</summary>
/// <param name="title">What the page calls it.</param>
internal sealed class NumberEvaluation(string title) : Evaluation(title)
{
    private readonly List<float> _labels = [], _predicted = [];
    private readonly WorstRows<NumberMistake> _worst = new();

    public override int Rows => _labels.Count;

    public IReadOnlyList<float> Labels => _labels;

    public IReadOnlyList<float> Predicted => _predicted;

    /// <summary>Predicted less true, row by row.</summary>
    public IEnumerable<double> Residuals => _predicted.Zip(_labels, (predicted, label) => (double)predicted - label);

    public double MeanAbsoluteError => Residuals.Average(Math.Abs);

    public double RootMeanSquaredError => Math.Sqrt(Residuals.Average(residual => residual * residual));

    /// <summary>The share of the labels' variance that the predictions explain; at most 1, NaN where all labels are equal.</summary>
    public double RSquared
    {
        get
        {
            var mean = _labels.Average(label => (double)label);
            var variance = _labels.Average(label => (label - mean) * (label - mean));
            return variance == 0 ? double.NaN : 1 - Residuals.Average(residual => residual * residual) / variance;
        }
    }

    /// <summary>NaN where either is constant.</summary>
    public double Pearson => EvaluationMetrics.PearsonCorrelation(CollectionsMarshal.AsSpan(_labels), CollectionsMarshal.AsSpan(_predicted));

    /// <inheritdoc cref="Pearson"/>
    public double Spearman => EvaluationMetrics.SpearmanCorrelation(CollectionsMarshal.AsSpan(_labels), CollectionsMarshal.AsSpan(_predicted));

    /// <summary>The rows that the model is farthest off.</summary>
    public IReadOnlyList<NumberMistake> Worst => _worst.Rows;

    /// <summary>Takes a row; all of them before anything is asked.</summary>
    /// <param name="label">The truth.</param>
    /// <param name="predicted">The answer.</param>
    /// <param name="text">What the model read.</param>
    public void Add(float label, float predicted, Func<string> text)
    {
        _labels.Add(label);
        _predicted.Add(predicted);
        _worst.Add(Math.Abs((double)predicted - label), () => new(label, predicted, text()));
    }
}

/// <summary>A row and its prediction.</summary>
/// <param name="Label">The truth.</param>
/// <param name="Predicted">The answer.</param>
/// <param name="Text">What the model read.</param>
internal sealed record NumberMistake(float Label, float Predicted, string Text);
