using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Predictions of classes, compared with the truth.</summary>
/// <param name="title">What the page calls it.</param>
/// <param name="classes">Their names.</param>
/// <param name="positive">Of a yes-or-no question the class that is yes; null: it is none.</param>
internal sealed class ClassEvaluation(string title, IReadOnlyList<string> classes, int? positive = null) : Evaluation(title)
{
    // Logarithms of 0 would outweigh all else: as ML.NET's evaluators do.
    private const double LeastProbability = 1e-15;

    private readonly List<int> _labels = [], _predicted = [];
    private readonly List<float> _confidences = [];
    private readonly List<bool> _isRight = [];
    private readonly List<float> _positives = [];
    private readonly WorstRows<ClassMistake> _worst = new();
    private double _logLoss;

    public IReadOnlyList<string> Classes => classes;

    public override int Rows => _labels.Count;

    public int Right => _isRight.Count(right => right);

    public double Accuracy => EvaluationMetrics.Accuracy(Span(_labels), Span(_predicted));

    public double MacroF1 => EvaluationMetrics.MacroF1(Span(_labels), Span(_predicted));

    /// <summary>Whether every row had probabilities.</summary>
    public bool HasProbabilities => _confidences.Count == Rows;

    /// <summary>The mean negative logarithm of the probability of the truth, in nats; null: there are no probabilities.</summary>
    public double? LogLoss => HasProbabilities ? _logLoss / Rows : null;

    public Reliability? Reliability => HasProbabilities ? Reliability.Of(Span(_confidences), Span(_isRight)) : null;

    /// <summary>Of a yes-or-no question; null: it is none, there are no probabilities, or there is one answer only.</summary>
    public double? AreaUnderRocCurve => positive is { } yes && HasProbabilities
        && EvaluationMetrics.AreaUnderRocCurve([.. _labels.Select(label => label == yes)], Span(_positives)) is var area && !double.IsNaN(area) ? area : null;

    /// <summary>The mistakes that the model was surest of.</summary>
    public IReadOnlyList<ClassMistake> Worst => _worst.Rows;

    /// <summary>How often each class was taken for each: only where it happened.</summary>
    public IReadOnlyDictionary<(int Label, int Predicted), int> Confusion => field ??= _labels.Zip(_predicted).CountBy(row => row).ToDictionary();

    /// <summary>Of the classes that are among the labels or predicted.</summary>
    public IReadOnlyList<ClassFigures> ByClass => field ??= Count();

    /// <summary>Takes a row; all of them before anything is asked.</summary>
    /// <param name="label">Its class.</param>
    /// <param name="predicted">The answer.</param>
    /// <param name="probabilities">Of the answer and of the truth; null: there are none.</param>
    /// <param name="text">What the model read.</param>
    public void Add(int label, int predicted, (float Predicted, float Label)? probabilities, Func<string> text)
    {
        _labels.Add(label);
        _predicted.Add(predicted);
        _isRight.Add(label == predicted);
        if (probabilities is { } known)
        {
            _confidences.Add(known.Predicted);
            if (positive is { } yes) _positives.Add(predicted == yes ? known.Predicted : 1 - known.Predicted);
            _logLoss -= Math.Log(Math.Clamp(known.Label, LeastProbability, 1));
        }
        if (label != predicted)
            _worst.Add(probabilities is { } sure ? (double)sure.Predicted - sure.Label : 0, () => new(label, predicted, probabilities?.Predicted, probabilities?.Label, text()));
    }

    private ClassFigures[] Count()
    {
        var (labels, predicted) = (_labels.CountBy(label => label).ToDictionary(), _predicted.CountBy(answer => answer).ToDictionary());
        return [.. labels.Keys.Union(predicted.Keys).Order()
            .Select(index => new ClassFigures(index, labels.GetValueOrDefault(index), predicted.GetValueOrDefault(index), Confusion.GetValueOrDefault((index, index))))];
    }

    private static Span<T> Span<T>(List<T> list) => CollectionsMarshal.AsSpan(list);
}

/// <summary>A row that was answered wrong.</summary>
/// <param name="Label">Its class.</param>
/// <param name="Predicted">The answer.</param>
/// <param name="Confidence">The probability of the answer; null: there is none.</param>
/// <param name="Truth">The probability of its class; null: there is none.</param>
/// <param name="Text">What the model read.</param>
internal sealed record ClassMistake(int Label, int Predicted, float? Confidence, float? Truth, string Text);

/// <summary>How well a class was told from the others.</summary>
/// <param name="Index">The class.</param>
/// <param name="Labels">Rows that are of it.</param>
/// <param name="Predicted">Rows that were taken for it.</param>
/// <param name="Both">Rows that were so rightly.</param>
internal sealed record ClassFigures(int Index, int Labels, int Predicted, int Both)
{
    /// <summary>NaN: it was never predicted.</summary>
    public double Precision => (double)Both / Predicted;

    /// <summary>NaN: no row is of it.</summary>
    public double Recall => (double)Both / Labels;

    public double F1 => 2.0 * Both / (Labels + Predicted);
}
