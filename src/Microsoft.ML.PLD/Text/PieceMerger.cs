using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>
/// Joins the two neighbouring pieces that meet most often, again and again: byte-pair encoding (Sennrich et al., ACL 2016), over pieces spelt the WordPiece way.
/// </summary>
/// <remarks>
/// <para>Counts are kept up to date word by word, and a heap gives the next pair. Once a pair is known its count only falls, which is put right when it comes up.
/// Ties go to the pair that comes first in ordinal order, so nothing depends on the order of a hash table.</para>
/// <para>No piece is made twice: while a stretch of a word is on its way to becoming one piece, no join crosses its ends,
/// so each of its occurrences is put together by the same joins.</para>
/// </remarks>
internal sealed class PieceMerger
{
    private readonly record struct Pair(int First, int Second);

    private readonly record struct Word(List<int> Pieces, long Count);

    private readonly List<Word> _words = [];
    private readonly List<string> _pieces = [];
    private readonly Dictionary<Pair, long> _counts = [];
    private readonly Dictionary<Pair, List<int>> _places = []; // words that have, or once had, the pair
    private readonly PriorityQueue<Pair, (long Count, string First, string Second)> _heap = new(Comparer<(long Count, string First, string Second)>.Create(
        (x, y) => x.Count != y.Count ? y.Count.CompareTo(x.Count)
            : string.CompareOrdinal(x.First, y.First) is var order and not 0 ? order : string.CompareOrdinal(x.Second, y.Second)));

    /// <param name="words">Each cut into its first pieces, at least one, with its count.</param>
    public PieceMerger(IEnumerable<(IEnumerable<string> Pieces, long Count)> words)
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (var (pieces, count) in words)
        {
            Word word = new([.. pieces.Select(IdOf)], count);
            _words.Add(word);
            Count(word, +1);
            for (var i = 1; i < word.Pieces.Count; i++) AddPlace(new(word.Pieces[i - 1], word.Pieces[i]), _words.Count - 1);
        }
        foreach (var (pair, count) in _counts) Push(pair, count);

        int IdOf(string piece)
        {
            if (ids.TryAdd(piece, _pieces.Count)) _pieces.Add(piece);
            return ids[piece];
        }
    }

    /// <summary>The next piece, or null when no two pieces meet <paramref name="minimum"/> times.</summary>
    public string? Next(long minimum)
    {
        while (_heap.TryDequeue(out var pair, out var priority))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count < minimum) continue;
            if (count == priority.Count) return Join(pair);
            Push(pair, count);
        }
        return null;
    }

    private string Join(Pair pair)
    {
        var joined = _pieces.Count;
        _pieces.Add(_pieces[pair.First] + _pieces[pair.Second][WordPieceVocabulary.Continuation.Length..]);
        HashSet<Pair> born = [];
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
                born.Add(neighbours);
            }
        }
        _places.Remove(pair);
        foreach (var neighbours in born) Push(neighbours, _counts[neighbours]);
        return _pieces[joined];
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

    private void Push(Pair pair, long count) => _heap.Enqueue(pair, (count, _pieces[pair.First], _pieces[pair.Second]));
}
