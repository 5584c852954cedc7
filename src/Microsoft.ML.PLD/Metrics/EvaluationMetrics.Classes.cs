using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

// Of classes, named by any whole numbers.
public static partial class EvaluationMetrics
{
    /// <summary>The share of predictions that are right: scikit-learn's <c>accuracy_score</c>.</summary>
    /// <param name="labels">The true class of each row.</param>
    /// <param name="predicted">The predicted class of each row.</param>
    /// <returns>0 to 1.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0.</exception>
    public static double Accuracy(ReadOnlySpan<int> labels, ReadOnlySpan<int> predicted)
    {
        Check(labels.Length, nameof(labels), predicted.Length, nameof(predicted));
        return (double)Right(labels, predicted) / labels.Length;
    }

    /// <summary>The harmonic mean of precision and recall of one class: scikit-learn's <c>f1_score</c>.</summary>
    /// <param name="labels">The true class of each row.</param>
    /// <param name="predicted">The predicted class of each row.</param>
    /// <param name="positive">The class to measure; the others count as one. Default: 1.</param>
    /// <returns>0 to 1; 0 where the class is neither among the labels nor predicted.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0.</exception>
    public static double F1(ReadOnlySpan<int> labels, ReadOnlySpan<int> predicted, int positive = 1)
    {
        Check(labels.Length, nameof(labels), predicted.Length, nameof(predicted));
        return CountClasses(labels, predicted).GetValueOrDefault(positive).F1;
    }

    /// <summary>The mean of the F1 of all classes that are among the labels or predicted: scikit-learn's <c>f1_score</c> with <c>average='macro'</c>.</summary>
    /// <param name="labels">The true class of each row.</param>
    /// <param name="predicted">The predicted class of each row.</param>
    /// <returns>0 to 1.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0.</exception>
    public static double MacroF1(ReadOnlySpan<int> labels, ReadOnlySpan<int> predicted)
    {
        Check(labels.Length, nameof(labels), predicted.Length, nameof(predicted));
        return CountClasses(labels, predicted).OrderBy(entry => entry.Key).Average(entry => entry.Value.F1); // in order: a sum depends on it
    }

    /// <summary>The correlation of true and predicted classes, two or more: scikit-learn's <c>matthews_corrcoef</c>.</summary>
    /// <param name="labels">The true class of each row.</param>
    /// <param name="predicted">The predicted class of each row.</param>
    /// <returns>-1 to 1; 0 where all labels are of one class, or all predictions.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0.</exception>
    /// <remarks>Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.</remarks>
    public static double MatthewsCorrelation(ReadOnlySpan<int> labels, ReadOnlySpan<int> predicted)
    {
        Check(labels.Length, nameof(labels), predicted.Length, nameof(predicted));
        var counts = CountClasses(labels, predicted).Values;
        var all = (long)labels.Length; // its square fits 64 bits
        var common = Right(labels, predicted) * all - counts.Sum(of => of.Labels * of.Predicted);
        var ofLabels = all * all - counts.Sum(of => of.Labels * of.Labels);
        var ofPredicted = all * all - counts.Sum(of => of.Predicted * of.Predicted);
        return ofLabels == 0 || ofPredicted == 0 ? 0 : Math.Clamp(common / Math.Sqrt((double)ofLabels * ofPredicted), -1, 1);
    }

    private record struct ClassCounts(long Labels, long Predicted, long Both)
    {
        // 2 TP / (2 TP + FP + FN)
        public readonly double F1 => Labels + Predicted == 0 ? 0 : 2.0 * Both / (Labels + Predicted);
    }

    private static Dictionary<int, ClassCounts> CountClasses(ReadOnlySpan<int> labels, ReadOnlySpan<int> predicted)
    {
        var counts = new Dictionary<int, ClassCounts>();
        for (var row = 0; row < labels.Length; row++)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, labels[row], out _).Labels++;
            ref var answer = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, predicted[row], out _);
            answer.Predicted++;
            if (labels[row] == predicted[row]) answer.Both++;
        }
        return counts;
    }

    private static long Right(ReadOnlySpan<int> labels, ReadOnlySpan<int> predicted)
    {
        var right = 0L;
        for (var row = 0; row < labels.Length; row++)
            if (labels[row] == predicted[row]) right++;
        return right;
    }
}
