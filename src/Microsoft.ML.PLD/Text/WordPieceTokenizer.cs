using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>
/// BERT's tokenizer: with the vocabulary of bert-base-uncased it gives the same ids as the Hugging Face tokenizer of that name. Safe for use by several threads.
/// </summary>
/// <remarks>
/// <para>Control characters and unpaired surrogates go; whitespace, punctuation marks and Chinese characters cut; in lower case accents go too;
/// each word becomes the longest pieces from left to right, or [UNK] if that fails or if it has more than 100 characters.</para>
/// <para>The names of special pieces in a text are text ("[MASK]" is a bracket, a word and a bracket), as in Google's tokenization.py:
/// nobody can end a sequence, or hide a word, by writing so.</para>
/// </remarks>
public sealed class WordPieceTokenizer
{
    private readonly PieceMatcher _matcher;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="vocabulary">The pieces.</param>
    /// <param name="lowerCase">Whether to put text in lower case and take accents off, as the vocabulary's own text was (uncased). Default true.</param>
    /// <exception cref="PlatformNotSupportedException"><paramref name="lowerCase"/> is true and the process runs in globalization-invariant mode.</exception>
    public WordPieceTokenizer(WordPieceVocabulary vocabulary, bool lowerCase = true)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (lowerCase) WordReader.RequireDecomposition();
        (Vocabulary, LowerCase, _matcher) = (vocabulary, lowerCase, new(vocabulary));
    }

    /// <summary>The pieces and their ids.</summary>
    public WordPieceVocabulary Vocabulary { get; }

    /// <summary>Whether text is put in lower case, without accents.</summary>
    public bool LowerCase { get; }

    /// <summary>Whether it makes the same pieces of every text.</summary>
    internal bool IsSameAs(WordPieceTokenizer other) => LowerCase == other.LowerCase && Vocabulary.Sha256 == other.Vocabulary.Sha256;

    /// <summary>[CLS] and [SEP]; a pair has one [SEP] more.</summary>
    internal const int SpecialsOfText = 2, SpecialsOfPair = 3;

    /// <summary>Makes a tokenizer of a vocab.txt.</summary>
    /// <param name="path">The file, as in <see cref="WordPieceVocabulary.FromFile"/>.</param>
    /// <param name="lowerCase">As in the constructor.</param>
    /// <returns>The tokenizer.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no BERT vocabulary.</exception>
    public static WordPieceTokenizer FromVocabularyFile(string path, bool lowerCase = true) => new(WordPieceVocabulary.FromFile(path), lowerCase);

    /// <summary>Makes the model's input of a text or a pair of texts.</summary>
    /// <param name="text">The (first) text; null counts as empty.</param>
    /// <param name="pair">The second text, or null for none.</param>
    /// <param name="maxLength">
    /// The most pieces to give, special ones included. What is too long is cut at its end; of a pair, always the text that is longer at that point, and of equal ones the second.
    /// </param>
    /// <param name="pad">Whether to fill up to <paramref name="maxLength"/> with [PAD].</param>
    /// <returns>Ids, type ids and attention mask, of equal length.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> is too small for the special pieces: under 2, or 3 with a pair.</exception>
    public TokenizedText Encode(string? text, string? pair = null, int maxLength = 512, bool pad = false)
    {
        var room = maxLength - (pair is null ? SpecialsOfText : SpecialsOfPair);
        if (room < 0)
            throw new ArgumentOutOfRangeException(nameof(maxLength), maxLength,
                $"Has to be at least {maxLength - room}, for [CLS] and {(pair is null ? "[SEP]" : "two [SEP]")}.");

        // Pieces beyond the room never change what is kept, whichever text they are in.
        List<int> first = [], second = [];
        Append(text, first, room);
        Append(pair, second, room);
        var (firstLength, secondLength) = TextCut.LongestFirst(first.Count, second.Count, room);
        return Assemble(
            CollectionsMarshal.AsSpan(first)[..firstLength], CollectionsMarshal.AsSpan(second)[..secondLength], isPair: pair is not null, paddedLength: pad ? maxLength : 0);
    }

    /// <summary>Puts the special pieces around ids.</summary>
    /// <param name="first">Of the (first) text.</param>
    /// <param name="second">Of the second text.</param>
    /// <param name="isPair">Whether there is a second text, if only an empty one.</param>
    /// <param name="paddedLength">What to fill up to with [PAD]; shorter than the rest: nothing is filled up.</param>
    internal TokenizedText Assemble(ReadOnlySpan<int> first, ReadOnlySpan<int> second, bool isPair, int paddedLength = 0)
    {
        var firstEnd = first.Length + SpecialsOfText;
        var length = isPair ? firstEnd + second.Length + 1 : firstEnd;
        var total = Math.Max(length, paddedLength);
        int[] ids = new int[total], typeIds = new int[total], mask = new int[total];
        ids[0] = Vocabulary.ClassifyId;
        first.CopyTo(ids.AsSpan(1));
        ids[firstEnd - 1] = Vocabulary.SeparatorId;
        if (isPair)
        {
            second.CopyTo(ids.AsSpan(firstEnd));
            ids[length - 1] = Vocabulary.SeparatorId;
            typeIds.AsSpan(firstEnd..length).Fill(1);
        }
        mask.AsSpan(..length).Fill(1);
        ids.AsSpan(length..).Fill(Vocabulary.PadId);
        return new(ids, typeIds, mask);
    }

    /// <summary>Appends the ids of a text's pieces, without special pieces and without a limit.</summary>
    /// <param name="text">The text.</param>
    /// <param name="ids">Where they go.</param>
    public void AppendIds(ReadOnlySpan<char> text, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        Append(text, ids, int.MaxValue);
    }

    /// <summary>
    /// The text of the ids: words with a blank between them. [PAD], [CLS] and [SEP] are left out; [UNK] and [MASK] stand where they are.
    /// What the tokenizer took away (case, accents, blanks around punctuation marks) does not come back.
    /// </summary>
    /// <param name="ids">Ids of <see cref="Vocabulary"/>.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)Vocabulary.Count)
                throw new ArgumentOutOfRangeException(nameof(ids), id, $"The vocabulary's ids run from 0 to {Vocabulary.Count - 1}.");
            if (id == Vocabulary.PadId || id == Vocabulary.ClassifyId || id == Vocabulary.SeparatorId) continue;
            var continues = Vocabulary.IsContinuation(id);
            if (text.Length > 0 && !continues) text.Append(' ');
            text.Append(Vocabulary.Pieces[id].AsSpan(continues ? WordPieceVocabulary.Continuation.Length : 0));
        }
        return text.ToString();
    }

    /// <summary>Stops once the list has <paramref name="limit"/> ids or more; the last word may go over.</summary>
    private void Append(ReadOnlySpan<char> text, List<int> ids, int limit)
    {
        var words = new WordReader(text, LowerCase, stackalloc char[WordReader.BufferLength]);
        while (ids.Count < limit && words.Read())
        {
            if (words.IsTooLong) ids.Add(Vocabulary.UnknownId);
            else _matcher.Append(words.Word, ids);
        }
    }
}
