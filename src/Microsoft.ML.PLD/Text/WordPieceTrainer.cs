using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>Learns a WordPiece vocabulary from text.</summary>
/// <remarks>
/// The pieces are, in this order: [PAD], [UNK], [CLS], [SEP] and [MASK]; the text's characters, and those that can go on a word with ## as well;
/// then what byte-pair merges join, most frequent first.
/// (The WordPiece score, count(pair) / (count(first) * count(second)), prefers rare pairs: at 8,192 pieces of 10 MB of novels it gave
/// 1.26 to 2.66 pieces a word on other novels, by the least count, where merges by count give 1.12.) The same lines and options give the same vocabulary, everywhere.
/// </remarks>
public static class WordPieceTrainer
{
    /// <summary>Among the data of the exception for a size that is too small: the smallest that is not.</summary>
    internal const string LeastSize = nameof(LeastSize);

    /// <summary>Learns a vocabulary. Reads the lines once and keeps only the counts of words.</summary>
    /// <param name="lines">The text; cut it anywhere but inside a word. Null lines count as empty.</param>
    /// <param name="vocabularySize">How many pieces to learn, special ones and characters included. Less text may give fewer, when no two pieces meet often enough any more.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>A vocabulary of at most <paramref name="vocabularySize"/> pieces.</returns>
    /// <exception cref="ArgumentException">There are no words in the lines, the size has no room for the characters, or an option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">Text is to be put in lower case and the process runs in globalization-invariant mode.</exception>
    public static WordPieceVocabulary Train(IEnumerable<string?> lines, int vocabularySize, WordPieceTrainerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabularySize, WordPieceVocabulary.MaximumCount);
        options ??= new();
        options.Validate();
        if (options.LowerCase) WordReader.RequireDecomposition();

        WordCounts words = new(options.LowerCase, options.DistinctWordLimit);
        foreach (var line in lines) words.Add(line);
        if (words.Counts.Count == 0) throw new ArgumentException("There is no word in the text to learn a vocabulary from: no lines, or only empty ones.", nameof(lines));

        var alphabet = Alphabet(words.Counts, options.AlphabetLimit);
        List<string> pieces = [.. WordPieceVocabulary.SpecialPieces, .. alphabet.Select(c => c.ToString()),
            .. alphabet.Where(GoesOn).Select(c => WordPieceVocabulary.Continuation + c)];
        if (vocabularySize < pieces.Count)
            throw new ArgumentException(
                $"A vocabulary of {vocabularySize} pieces is too small for this text: {WordPieceVocabulary.SpecialPieces.Length} special pieces and "
                + $"{alphabet.Count} characters, with and without ##, need at least {pieces.Count}. "
                + $"Ask for more, or lower {nameof(WordPieceTrainerOptions.AlphabetLimit)} ({options.AlphabetLimit}).", nameof(vocabularySize))
            { Data = { [LeastSize] = pieces.Count } };

        var known = alphabet.ToHashSet();
        PieceMerger merger = new(
            from word in words.Counts
            where word.Value >= options.MinimumWordCount && word.Key.EnumerateRunes().All(known.Contains)
            select (word.Key.EnumerateRunes().Select((c, i) => i == 0 ? c.ToString() : WordPieceVocabulary.Continuation + c), word.Value));
        while (pieces.Count < vocabularySize && merger.Next(options.MinimumPairCount) is { } piece) pieces.Add(piece);
        return WordPieceVocabulary.FromPieces(pieces);
    }

    /// <summary>The most frequent characters, in the order of their code points.</summary>
    private static List<Rune> Alphabet(IReadOnlyDictionary<string, long> words, int limit)
    {
        Dictionary<Rune, long> counts = [];
        foreach (var (word, count) in words)
            foreach (var c in word.EnumerateRunes()) CollectionsMarshal.GetValueRefOrAddDefault(counts, c, out _) += count;
        return [.. counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).Take(limit).Select(c => c.Key).Order()];
    }

    /// <summary>Whether the character can stand inside a word; the others are words of their own.</summary>
    private static bool GoesOn(Rune c) => !WordReader.IsPunctuation(c) && !WordReader.IsChinese(c.Value);
}
