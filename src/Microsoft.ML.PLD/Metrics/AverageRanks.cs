namespace Microsoft.ML.PLD;

/// <summary>Ranks from 1; equal values share the mean of theirs.</summary>
internal static class AverageRanks
{
    // Without NaN, which has no rank.
    public static double[] Of(ReadOnlySpan<float> values)
    {
        var sorted = values.ToArray();
        var rows = new int[sorted.Length];
        for (var row = 0; row < rows.Length; row++) rows[row] = row;
        Array.Sort(sorted, rows);

        var ranks = new double[sorted.Length];
        for (int begin = 0, end; begin < sorted.Length; begin = end)
        {
            for (end = begin + 1; end < sorted.Length && sorted[end] == sorted[begin];) end++;
            for (var place = begin; place < end; place++) ranks[rows[place]] = (begin + 1.0 + end) / 2; // of begin + 1 to end
        }
        return ranks;
    }
}
