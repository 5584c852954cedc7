namespace Microsoft.ML.PLD;

/// <summary>Masked language modelling: chooses the pieces of a sequence that are to be predicted, and hides them.</summary>
internal sealed class Masking
{
    private readonly WordPieceVocabulary _vocabulary;
    private readonly PretrainingBatchOptions _options;
    private readonly int[] _replacements; // all pieces but the special ones

    public Masking(WordPieceVocabulary vocabulary, PretrainingBatchOptions options)
    {
        (_vocabulary, _options) = (vocabulary, options);
        _replacements = [.. Enumerable.Range(0, vocabulary.Count).Where(id => !vocabulary.IsSpecial(id))];
    }

    /// <summary>Masks one sequence in place, and appends the masked places, counted from <paramref name="offset"/>, with what stood there.</summary>
    public void Apply(Span<int> ids, int offset, RandomStream random, List<int> positions, List<int> labels)
    {
        var chosen = Choose(ids, ref random);
        for (var place = 0; place < ids.Length; place++)
        {
            if (!chosen[place]) continue;
            positions.Add(offset + place);
            labels.Add(ids[place]);
            var draw = random.NextDouble();
            if (draw < _options.MaskTokenShare) ids[place] = _vocabulary.MaskId;
            else if (draw < _options.MaskTokenShare + _options.RandomTokenShare && _replacements.Length > 0)
                ids[place] = _replacements[random.NextInt32(_replacements.Length)];
        }
    }

    // Takes words in random order while they fit into the number of pieces wanted. A "word" is a single piece without whole-word masking.
    private bool[] Choose(ReadOnlySpan<int> ids, ref RandomStream random)
    {
        var chosen = new bool[ids.Length];
        var (words, pieces) = Words(ids);
        if (words.Count == 0) return chosen;

        var left = Math.Max(1, (int)Math.Round(_options.MaskingRate * pieces, MidpointRounding.AwayFromZero));
        var shortest = words.MinBy(word => word.Length);
        if (shortest.Length > left) left = shortest.Length; // rather one word too many than nothing to learn from
        for (var i = 0; i < words.Count && left > 0; i++)
        {
            var j = i + random.NextInt32(words.Count - i);
            (words[i], words[j]) = (words[j], words[i]);
            var (start, length) = words[i];
            if (length > left) continue;
            chosen.AsSpan(start, length).Fill(true);
            left -= length;
        }
        return chosen;
    }

    private (List<(int Start, int Length)> Words, int Pieces) Words(ReadOnlySpan<int> ids)
    {
        var words = new List<(int Start, int Length)>(ids.Length);
        var pieces = 0;
        for (var place = 0; place < ids.Length; place++)
        {
            if (_vocabulary.IsSpecial(ids[place])) continue;
            pieces++;
            var continues = _options.WholeWordMasking && _vocabulary.IsContinuation(ids[place])
                && words.Count > 0 && words[^1].Start + words[^1].Length == place;
            if (continues) words[^1] = (words[^1].Start, words[^1].Length + 1);
            else words.Add((place, 1));
        }
        return (words, pieces);
    }
}
