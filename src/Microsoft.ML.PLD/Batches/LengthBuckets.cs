namespace Microsoft.ML.PLD;

/// <summary>Groups rows of similar length into batches, so that little is padded, and yet in random order: a function of (seed, epoch).</summary>
internal static class LengthBuckets
{
    // Rows are sorted within windows of this many batches: enough to leave a few per cent of padding, few enough to keep batches random.
    private const int WindowBatches = 50;

    /// <returns>Each row once; every batch but the epoch's last has <paramref name="batchSize"/> rows.</returns>
    public static int[][] Batches(IReadOnlyList<int> lengths, int batchSize, ulong seed, long epoch)
    {
        var random = new RandomStream(seed, RandomPurpose.Shuffling, epoch);
        var rows = Enumerable.Range(0, lengths.Count).ToArray();
        Shuffle(rows, ref random);
        var full = rows.Length - rows.Length % batchSize;
        var batches = rows[..full]
            .Chunk((int)Math.Min((long)WindowBatches * batchSize, Array.MaxLength))
            // A stable order: rows of one length stay shuffled, so that each epoch has other batches.
            .SelectMany(window => window.OrderBy(row => lengths[row]).Chunk(batchSize))
            .ToArray();
        Shuffle(batches.AsSpan(), ref random);
        // What is left over is any rows, not the longest: in a short batch each counts for more.
        return full == rows.Length ? batches : [.. batches, rows[full..]];
    }

    private static void Shuffle<T>(Span<T> items, ref RandomStream random)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = random.NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
