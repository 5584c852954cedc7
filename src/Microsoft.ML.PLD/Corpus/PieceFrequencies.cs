namespace Microsoft.ML.PLD;

/// <summary>How often each word piece occurs in a text.</summary>
internal static class PieceFrequencies
{
    // Enough for every piece that matters, and read in a fraction of a second.
    private const long Sample = 1 << 23;
    private const int ChunkLength = 1 << 12;

    /// <summary>Counts the pieces of the whole range, or of evenly spread parts of a long one.</summary>
    /// <returns>One count a piece.</returns>
    public static long[] Count(CorpusRange range, int vocabularySize)
    {
        var counts = new long[vocabularySize];
        Span<int> chunk = new int[ChunkLength];
        var stride = Math.Max(1, range.Length / Sample) * ChunkLength;
        for (long start = 0; start < range.Length; start += stride)
        {
            var part = chunk[..(int)Math.Min(ChunkLength, range.Length - start)];
            range.CopyTokens(start, part);
            foreach (var id in part) counts[id]++;
        }
        return counts;
    }
}
