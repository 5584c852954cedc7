namespace Microsoft.ML.PLD;

/// <summary>How much the rows of each class count.</summary>
internal static class ClassWeights
{
    /// <param name="labels">The classes.</param>
    /// <param name="classes">Of the rows to learn from.</param>
    /// <param name="options">What the user wants.</param>
    /// <returns>One for each class; null: all count the same.</returns>
    /// <exception cref="InvalidOperationException">A weight is for a class that there is not.</exception>
    public static double[]? Of(LabelMap labels, IReadOnlyList<int> classes, FineTuningOptions options)
    {
        if (options.ClassWeights is { } given) return Given(labels, given);
        if (options.ClassWeighting == ClassWeighting.Equal) return null;
        var rows = new int[labels.Count];
        foreach (var one in classes) rows[one]++;
        var found = rows.Count(count => count > 0);
        return Array.ConvertAll(rows, count => count == 0 ? 0 : (double)classes.Count / (found * (double)count));
    }

    private static double[] Given(LabelMap labels, IReadOnlyDictionary<string, double> given)
    {
        string[] names = [.. Enumerable.Range(0, labels.Count).Select(labels.Describe)];
        if (given.Keys.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
            throw new InvalidOperationException(
                $"ClassWeights has a weight for '{unknown}'; expected one of: {string.Join(", ", names.Take(20))}{(names.Length > 20 ? $", ... ({names.Length} in all)" : "")}.");
        return Array.ConvertAll(names, name => given.GetValueOrDefault(name, 1));
    }
}
