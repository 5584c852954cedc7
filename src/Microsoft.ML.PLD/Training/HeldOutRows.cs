namespace Microsoft.ML.PLD;

/// <summary>Draws the rows that are held out for validation: a function of (rows, seed).</summary>
internal static class HeldOutRows
{
    /// <param name="targets">Of all rows.</param>
    /// <param name="share">The share to hold out.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="byClass">Whether targets are classes, each of which is to have its share on both sides.</param>
    /// <returns>Ascending; at least one row, and at least one of each class is left.</returns>
    /// <exception cref="InvalidOperationException">There is only one row, or one of each class.</exception>
    public static IReadOnlyList<int> Draw(IReadOnlyList<double> targets, double share, ulong seed, bool byClass)
    {
        var random = new RandomStream(seed, RandomPurpose.Validation, step: 0);
        var held = new List<int>();
        var carried = 0.0; // so that the shares of many small classes add up
        foreach (var group in Enumerable.Range(0, targets.Count).GroupBy(row => byClass ? targets[row] : 0).OrderBy(group => group.Key))
        {
            var rows = group.ToArray();
            carried += rows.Length * share;
            var count = Math.Clamp((int)Math.Round(carried), 0, rows.Length - 1);
            carried = Math.Clamp(carried - count, -0.5, 0.5); // what a class of one row cannot give, others do not give for it
            for (var i = 0; i < count; i++)
            {
                var j = i + random.NextInt32(rows.Length - i);
                (rows[i], rows[j]) = (rows[j], rows[i]);
            }
            held.AddRange(rows[..count]);
        }
        if (held.Count == 0)
            throw new InvalidOperationException($"No rows can be held out for validation: {share * 100:0.#} % of {targets.Count} rows are too few. Set ValidationShare to 0, or give a validation set.");
        held.Sort();
        return held;
    }
}
