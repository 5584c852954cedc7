using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Cuts one word into the longest pieces there are, from left to right. What cannot be cut to the end is [UNK] as a whole.</summary>
/// <remarks>Most words of a text are a piece themselves and take one look: a cache of words in front of it was no faster.</remarks>
internal sealed class PieceMatcher
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _starts;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _continuations; // without their ##
    private readonly int _longest;
    private readonly int _unknownId;

    public PieceMatcher(WordPieceVocabulary vocabulary)
    {
        Dictionary<string, int> starts = new(vocabulary.Count, StringComparer.Ordinal), continuations = new(vocabulary.Count, StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Count; id++)
        {
            var piece = vocabulary.Pieces[id];
            _longest = Math.Max(_longest, piece.Length);
            if (vocabulary.IsContinuation(id)) continuations.Add(piece[WordPieceVocabulary.Continuation.Length..], id);
            else starts.Add(piece, id);
        }
        _starts = starts.GetAlternateLookup<ReadOnlySpan<char>>();
        _continuations = continuations.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknownId = vocabulary.UnknownId;
    }

    public void Append(ReadOnlySpan<char> word, List<int> ids)
    {
        var before = ids.Count;
        for (var start = 0; start < word.Length;)
        {
            var pieces = start == 0 ? _starts : _continuations;
            var end = Math.Min(word.Length, start + _longest);
            int id;
            while (!pieces.TryGetValue(word[start..end], out id))
            {
                if (--end > start) continue;
                CollectionsMarshal.SetCount(ids, before);
                ids.Add(_unknownId);
                return;
            }
            ids.Add(id);
            start = end;
        }
    }
}
