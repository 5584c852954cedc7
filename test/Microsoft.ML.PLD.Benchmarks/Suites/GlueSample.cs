namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>A part of a task's training rows, and others of them to measure with: always the same.</summary>
internal static class GlueSample
{
    /// <param name="all">The training rows.</param>
    /// <param name="rows">How many to learn from.</param>
    /// <param name="testRows">How many to measure with.</param>
    /// <param name="rare">The share of class 1 in both; 0: as it comes.</param>
    public static (GlueData Train, GlueData Test) Draw(GlueData all, int rows, int testRows, double rare)
    {
        var random = new Random(1);
        var shuffled = all.Examples.ToArray();
        random.Shuffle(shuffled);
        if (rare > 0)
        {
            var (ones, others) = (new Queue<GlueExample>(shuffled.Where(example => example.Label == 1)), new Queue<GlueExample>(shuffled.Where(example => example.Label != 1)));
            IEnumerable<GlueExample> Part(int count) => [.. Take(ones, (int)Math.Round(rare * count)), .. Take(others, count - (int)Math.Round(rare * count))];
            shuffled = [.. Part(rows), .. Part(testRows)];
        }
        if (shuffled.Length < rows + testRows) throw new ArgumentException($"{all.Task.Name} has {all.Examples.Count} training rows: too few to draw {rows} and {testRows} others.");
        return (all with { Examples = shuffled[..rows] }, all with { Examples = shuffled[rows..(rows + testRows)] });
    }

    private static IEnumerable<GlueExample> Take(Queue<GlueExample> from, int count) => Enumerable.Range(0, count).Select(_ => from.Count > 0
        ? from.Dequeue() : throw new ArgumentException("There are too few rows of a class to draw from."));
}
