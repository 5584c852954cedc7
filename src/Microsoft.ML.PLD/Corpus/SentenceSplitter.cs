using System.Buffers;
using System.Collections.Frozen;

namespace Microsoft.ML.PLD;

/// <summary>Cuts a paragraph into sentences by its punctuation. Made for packing and next-sentence prediction, where a wrong cut costs little.</summary>
internal static class SentenceSplitter
{
    private static readonly SearchValues<char> Ends = SearchValues.Create(".!?…。！？｡؟۔।");
    private const string FullWidthEnds = "。！？｡"; // no space follows them
    private const string Closers = "\"'”’»)]}」』）】〉》";
    private const string Openers = "\"'“‘«([{「『（【〈《";

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Abbreviations = new[]
    {
        "Mr", "Mrs", "Ms", "Messrs", "Mme", "Mlle", "Dr", "Prof", "Rev", "Hon", "St", "Sr", "Jr", "Gen", "Col", "Capt", "Lt", "Sgt", "Maj",
        "Gov", "Sen", "Rep", "Pres", "No", "Nos", "Vol", "Fig", "Figs", "Eq", "Sec", "Ch", "Mt", "Ft", "vs", "cf", "viz", "e.g", "i.e", "al", "p", "pp",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Appends to <paramref name="sentences"/> the places of the sentences in <paramref name="text"/>, without the white space around them.</summary>
    public static void Split(ReadOnlySpan<char> text, List<Range> sentences)
    {
        var start = 0;
        for (var at = 0; text[at..].IndexOfAny(Ends) is >= 0 and var skip;)
        {
            var first = at + skip;
            at = first + 1;
            while (at < text.Length && (Ends.Contains(text[at]) || Closers.Contains(text[at]))) at++;
            if (!IsBoundary(text, start, first, at)) continue;
            Add(text, start, at, sentences);
            start = at;
        }
        Add(text, start, text.Length, sentences);
    }

    // The punctuation is text[first..after].
    private static bool IsBoundary(ReadOnlySpan<char> text, int start, int first, int after)
    {
        if (after == text.Length || text[first..after].IndexOfAny(FullWidthEnds) >= 0) return true;
        var next = after;
        while (next < text.Length && char.IsWhiteSpace(text[next])) next++;
        if (next == after) return false; // 3.14, example.com
        if (next == text.Length) return true;
        if (!Openers.Contains(text[next]) && !char.IsDigit(text[next]) && !(char.IsLetter(text[next]) && !char.IsLower(text[next])) && !char.IsSurrogate(text[next]))
            return false;
        return text[first] != '.' || after > first + 1 || !EndsWithAbbreviation(text[start..first]);
    }

    private static bool EndsWithAbbreviation(ReadOnlySpan<char> sentence)
    {
        var word = sentence[(sentence.LastIndexOfAny(" \u00a0\t") + 1)..].TrimStart(Openers);
        // A single capital is an initial ("J. Smith"); but "I" is more often the word.
        return Abbreviations.Contains(word) || (word.Length == 1 && char.IsUpper(word[0]) && word[0] != 'I');
    }

    private static void Add(ReadOnlySpan<char> text, int start, int end, List<Range> sentences)
    {
        while (start < end && char.IsWhiteSpace(text[start])) start++;
        while (end > start && char.IsWhiteSpace(text[end - 1])) end--;
        if (end > start) sentences.Add(start..end);
    }
}
