using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>
/// Joins the two neighbouring pieces that meet most often, again and again: byte-pair encoding (Sennrich et al., ACL 2016), over pieces spelt the WordPiece way.
/// </summary>
/// <remarks>
/// Counts are kept up to date word by word, and a heap gives the next pair. An entry of the heap may be out of date: counts that fall are put right when it comes up,
/// counts that rise get a new entry at once. Ties go to the pair that comes first in ordinal order, so nothing depends on the order of a hash table.
/// </remarks>
internal sealed class PieceMerger
{
    private readonly record struct Pair(int First, int Second);

    private readonly record struct Word(List<int> Pieces, long Count);

    private readonly List<Word> _words = [];
    private readonly List<string> _pieces = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<Pair, long> _counts = [];
    private readonly Dictionary<Pair, List<int>> _places = []; // words that have, or once had, the pair
    private readonly PriorityQueue<Pair, (long Count, string First, string Second)> _heap = new(Comparer<(long Count, string First, string Second)>.Create(
        (x, y) => x.Count != y.Count ? y.Count.CompareTo(x.Count)
            : string.CompareOrdinal(x.First, y.First) is var order and not 0 ? order : string.CompareOrdinal(x.Second, y.Second)));

    /// <param name="words">Each cut into its first pieces, at least one, with its count.</param>
    public PieceMerger(IEnumerable<(IEnumerable<string> Pieces, long Count)> words)
    {
        foreach (var (pieces, count) in words)
        {
            Word word = new([.. pieces.Select(IdOf)], count);
            _words.Add(word);
            Count(word, +1);
            for (var i = 1; i < word.Pieces.Count; i++) AddPlace(new(word.Pieces[i - 1], word.Pieces[i]), _words.Count - 1);
        }
        foreach (var pair in _counts.Keys) Push(pair);
    }

    /// <summary>The next new piece, or null when no two pieces meet <paramref name="minimum"/> times.</summary>
    public string? Next(long minimum)
    {
        while (_heap.TryDequeue(out var pair, out var priority))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count < minimum) continue;
            if (count < priority.Count) Push(pair);
            else if (count == priority.Count && Join(pair) is { } piece) return piece;
        }
        return null;
    }

    /// <summary>The joined piece, or null if it has been there before, put together in another way.</summary>
    private string? Join(Pair pair)
    {
        var text = _pieces[pair.First] + _pieces[pair.Second][WordPieceVocabulary.Continuation.Length..];
        var isNew = !_ids.ContainsKey(text);
        var joined = IdOf(text);
        HashSet<Pair> risen = [];
        foreach (var place in _places[pair])
        {
            var word = _words[place];
            if (!Has(word.Pieces, pair)) continue;
            Count(word, -1);
            Replace(word.Pieces, pair, joined);
            Count(word, +1);
            for (var i = 1; i < word.Pieces.Count; i++)
            {
                Pair neighbours = new(word.Pieces[i - 1], word.Pieces[i]);
                if (neighbours.First != joined && neighbours.Second != joined) continue;
                AddPlace(neighbours, place);
                risen.Add(neighbours);
            }
        }
        _places.Remove(pair);
        foreach (var neighbours in risen) Push(neighbours);
        return isNew ? text : null;
    }

    private static bool Has(List<int> pieces, Pair pair)
    {
        for (var i = 1; i < pieces.Count; i++)
            if (pieces[i - 1] == pair.First && pieces[i] == pair.Second) return true;
        return false;
    }

    private static void Replace(List<int> pieces, Pair pair, int joined)
    {
        var length = 0;
        for (var i = 0; i < pieces.Count; i++)
        {
            var isPair = i + 1 < pieces.Count && pieces[i] == pair.First && pieces[i + 1] == pair.Second;
            pieces[length++] = isPair ? joined : pieces[i];
            if (isPair) i++;
        }
        CollectionsMarshal.SetCount(pieces, length);
    }

    private void Count(Word word, int sign)
    {
        for (var i = 1; i < word.Pieces.Count; i++)
        {
            Pair pair = new(word.Pieces[i - 1], word.Pieces[i]);
            if ((CollectionsMarshal.GetValueRefOrAddDefault(_counts, pair, out _) += sign * word.Count) == 0) _counts.Remove(pair);
        }
    }

    private void AddPlace(Pair pair, int word) => (CollectionsMarshal.GetValueRefOrAddDefault(_places, pair, out _) ??= []).Add(word);

    private void Push(Pair pair)
    {
        if (_counts.TryGetValue(pair, out var count)) _heap.Enqueue(pair, (count, _pieces[pair.First], _pieces[pair.Second]));
    }

    private int IdOf(string piece)
    {
        ref var id = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, piece, out var known);
        if (known) return id;
        _pieces.Add(piece);
        return id = _pieces.Count - 1;
    }
}
