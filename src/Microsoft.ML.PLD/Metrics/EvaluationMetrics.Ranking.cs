namespace Microsoft.ML.PLD;

// Of orders.
public static partial class EvaluationMetrics
{
    /// <summary>
    /// The area under the receiver operating characteristic, which is the probability that a positive row has a higher score than a negative one,
    /// equal scores counting half: scikit-learn's <c>roc_auc_score</c>.
    /// </summary>
    /// <param name="labels">Whether each row is positive.</param>
    /// <param name="scores">The score of each row: any scale, higher for positive.</param>
    /// <returns>0 to 1; NaN where all rows are positive, or none is.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0, or a score is NaN.</exception>
    public static double AreaUnderRocCurve(ReadOnlySpan<bool> labels, ReadOnlySpan<float> scores)
    {
        Check(labels.Length, nameof(labels), scores.Length, nameof(scores));
        if (HasNaN(scores)) throw new ArgumentException("scores has a value that is NaN; expected numbers that have an order.", nameof(scores));
        var ranks = AverageRanks.Of(scores);
        var (positives, sum) = (0L, 0.0);
        for (var row = 0; row < ranks.Length; row++)
        {
            if (!labels[row]) continue;
            positives++;
            sum += ranks[row];
        }
        // Mann and Whitney's U, over all pairs; halves are exact.
        var pairs = (double)positives * (labels.Length - positives);
        return pairs == 0 ? double.NaN : (sum - positives * (positives + 1.0) / 2) / pairs;
    }
}
