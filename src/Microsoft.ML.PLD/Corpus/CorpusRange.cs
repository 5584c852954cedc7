namespace Microsoft.ML.PLD;

/// <summary>
/// A part of a corpus that begins with a sentence, seen as a circular stream of its own. Positions count from its start
/// and may run past its end: position <see cref="Length"/> is position 0 on the next turn.
/// </summary>
internal sealed class CorpusRange
{
    private readonly long _start;
    private readonly long _firstSentence;

    public CorpusRange(TokenCorpus corpus, long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, corpus.TokenCount - start);
        (Corpus, _start, Length) = (corpus, start, length);
        _firstSentence = corpus.SentenceAt(start);
        if (corpus.SentenceStart(_firstSentence) != start) throw new ArgumentException($"No sentence starts at token {start}.", nameof(start));
        SentenceCount = corpus.SentenceAt(start + length - 1) - _firstSentence + 1;
    }

    public TokenCorpus Corpus { get; }
    public long Length { get; }
    public long SentenceCount { get; }

    public void CopyTokens(long position, Span<int> destination)
    {
        for (position %= Length; !destination.IsEmpty; position = 0)
        {
            var count = (int)Math.Min(destination.Length, Length - position);
            Corpus.CopyStraight(_start + position, destination[..count]);
            destination = destination[count..];
        }
    }

    /// <summary>Whether the text before <paramref name="position"/> does not go on there: a document starts, or the range itself.</summary>
    public bool IsDocumentStart(long position)
    {
        var place = position % Length;
        return place == 0 || Corpus.DocumentStart(Corpus.DocumentAt(_start + place)) == _start + place;
    }

    public long SentenceStart(long index) => Corpus.SentenceStart(_firstSentence + index) - _start;

    public long SentenceAt(long position) => Corpus.SentenceAt(_start + position % Length) - _firstSentence;

    /// <summary>The nearest sentence start on the same turn as <paramref name="position"/>, the start of the next turn included.</summary>
    public long NearestSentenceStart(long position)
    {
        var place = position % Length;
        var sentence = SentenceAt(place);
        var before = SentenceStart(sentence);
        var after = sentence + 1 < SentenceCount ? SentenceStart(sentence + 1) : Length;
        return position - place + (place - before <= after - place ? before : after);
    }

    /// <summary>The sentences of the document that <paramref name="position"/> lies in, as far as they are in this range.</summary>
    public (long First, long Count) DocumentSentences(long position)
    {
        var document = Corpus.DocumentAt(_start + position % Length);
        var start = Math.Max(Corpus.DocumentStart(document), _start);
        var end = document + 1 < Corpus.DocumentCount ? Math.Min(Corpus.DocumentStart(document + 1), _start + Length) : _start + Length;
        var first = Corpus.SentenceAt(start) - _firstSentence;
        return (first, Corpus.SentenceAt(end - 1) - _firstSentence - first + 1);
    }
}
