using System.Collections.Concurrent;

namespace Microsoft.ML.PLD.Tests;

/// <summary>A network small enough to check by hand: counts letters, and may compare the counts with the mean counts of each class.</summary>
/// <param name="letters">The letters to count; those of a second sentence count a hundred times.</param>
/// <param name="means">[classes, letters], or null for the counts as they are.</param>
internal sealed class LetterScorer(string letters, float[]? means = null) : ITextScorer
{
    private readonly ConcurrentQueue<int> _batches = [];
    private bool _disposed;

    public string Letters => letters;

    public float[]? Means => means;

    /// <summary>How many rows it was given, time after time.</summary>
    public IEnumerable<int> Batches => _batches;

    public int Width => means is null ? letters.Length : means.Length / letters.Length;

    public int MaxBatch => 13;

    public void Score(TextBatch texts, Span<float> scores)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Assert.IsInRange(1, MaxBatch, texts.Count);
        Assert.AreEqual(texts.Count * Width, scores.Length);
        _batches.Enqueue(texts.Count);
        for (var row = 0; row < texts.Count; row++)
        {
            var counts = Count(texts.First.Span[row], texts.IsPairs ? texts.Second.Span[row] : default);
            var target = scores.Slice(row * Width, Width);
            if (means is null) counts.CopyTo(target);
            else Compare(counts, target);
        }
    }

    public float[] Count(ReadOnlyMemory<char> first, ReadOnlyMemory<char> second) =>
        [.. letters.Select(letter => (float)(first.Span.Count(letter) + 100 * second.Span.Count(letter)))];

    public void Dispose() => _disposed = true;

    private void Compare(float[] counts, Span<float> probabilities)
    {
        var sum = 0f;
        for (var i = 0; i < probabilities.Length; i++)
        {
            var distance = counts.Select((count, letter) => count - means![i * letters.Length + letter]).Sum(difference => difference * difference);
            sum += probabilities[i] = MathF.Exp(-distance / 100);
        }
        foreach (ref var probability in probabilities) probability /= sum;
    }
}
