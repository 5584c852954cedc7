namespace Microsoft.ML.PLD;

/// <summary>Next-sentence prediction: cuts a chunk of text in two, and half of the time puts another text in the second place.</summary>
internal readonly record struct NextSentence(int Cut, long SecondStart, int Label)
{
    public const int IsNext = 0, IsRandom = 1; // as in BERT

    /// <param name="range">The text.</param>
    /// <param name="start">Where the chunk starts.</param>
    /// <param name="length">Tokens in the chunk, from 2; the second text fills it up after the cut.</param>
    /// <param name="random">Where to draw from.</param>
    public static NextSentence Draw(CorpusRange range, long start, int length, RandomStream random)
    {
        // At the sentence start nearest to a random point, if that leaves each text an eighth of the chunk; else at the point itself.
        var margin = Math.Max(1, length / 8);
        var point = margin + random.NextInt32(length - 2 * margin + 1);
        var sentence = range.NearestSentenceStart(start + point) - start;
        var cut = sentence >= margin && sentence <= length - margin ? (int)sentence : point;

        var second = random.NextInt32(2) == IsNext ? (start + cut) % range.Length : Elsewhere(range, start + cut, withinSentence: cut != sentence, ref random);
        return new NextSentence(cut, second, second == (start + cut) % range.Length && GoesOn(range, start + cut) ? IsNext : IsRandom);
    }

    // What follows the last token of a document, or the [SEP] after it, is another text.
    private static bool GoesOn(CorpusRange range, long position) => !range.IsDocumentStart(position) && !range.IsDocumentStart(position + 1);

    // A random sentence in another document than the text before the cut; with one document, any but the one at the cut. Where the text that follows begins
    // within a sentence, a random token instead: how a text begins must not give away whether it follows.
    private static long Elsewhere(CorpusRange range, long cut, bool withinSentence, ref RandomStream random)
    {
        var (excluded, count) = range.DocumentSentences(cut + range.Length - 1);
        if (count == range.SentenceCount)
        {
            excluded = range.SentenceAt(cut);
            count = range.SentenceCount > 1 && range.SentenceStart(excluded) == cut % range.Length ? 1 : 0;
        }
        if (withinSentence)
        {
            var (from, to) = (Start(range, excluded), Start(range, excluded + count));
            var token = random.NextInt64(range.Length - (to - from));
            return token >= from ? token + (to - from) : token;
        }
        var sentence = random.NextInt64(range.SentenceCount - count);
        return range.SentenceStart(sentence >= excluded ? sentence + count : sentence);
    }

    private static long Start(CorpusRange range, long sentence) => sentence < range.SentenceCount ? range.SentenceStart(sentence) : range.Length;
}
