using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>How often each word occurs in lines that stream by. Memory is bounded: beyond a number of words the rarest are forgotten.</summary>
internal sealed class WordCounts(bool lowerCase, int limit)
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _floor;

    public IReadOnlyDictionary<string, long> Counts => _counts;

    public void Add(ReadOnlySpan<char> line)
    {
        var counts = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var words = new WordReader(line, lowerCase, stackalloc char[WordReader.BufferLength]);
        while (words.Read())
        {
            if (words.IsTooLong) continue;
            CollectionsMarshal.GetValueRefOrAddDefault(counts, words.Word, out _)++;
            if (_counts.Count > limit) Forget();
        }
    }

    /// <summary>Forgets at least a quarter, so that this is rare: all words seen once, then twice, and so on. Which ones depends on the text alone.</summary>
    private void Forget()
    {
        while (_counts.Count > limit - limit / 4)
        {
            _floor++;
            foreach (var (word, count) in _counts)
                if (count <= _floor) _counts.Remove(word);
        }
    }
}
