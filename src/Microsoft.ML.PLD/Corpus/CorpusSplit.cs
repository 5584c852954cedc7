namespace Microsoft.ML.PLD;

/// <summary>A corpus in two parts: the text to learn from, and the held-out text at its end.</summary>
/// <param name="Training">The text to learn from.</param>
/// <param name="Validation">The text to measure with.</param>
/// <param name="IsHeldOut">False where the corpus is one sentence: both parts are then the whole of it, and the measure says nothing of new text.</param>
internal sealed record CorpusSplit(CorpusRange Training, CorpusRange Validation, bool IsHeldOut)
{
    /// <summary>
    /// Cuts at the document boundary nearest to the wished place. Where that would make the validation part differ by more than half of its
    /// wished size (one document, or very long ones), cuts at the nearest sentence instead.
    /// </summary>
    public static CorpusSplit Of(TokenCorpus corpus, double validationShare)
    {
        if (!(validationShare > 0 && validationShare < 1))
            throw new ArgumentOutOfRangeException(nameof(validationShare), validationShare, "The validation share must lie between 0 and 1.");
        if (corpus.SentenceCount == 1) return new CorpusSplit(corpus.All, corpus.All, IsHeldOut: false);

        var wished = corpus.TokenCount * validationShare;
        var place = Math.Min((long)(corpus.TokenCount - wished), corpus.TokenCount - 1);
        var cut = Nearest(place, corpus.DocumentAt(place), corpus.DocumentCount, corpus.DocumentStart);
        if (cut is null || Math.Abs(cut.Value - place) > wished / 2)
            cut = Nearest(place, corpus.SentenceAt(place), corpus.SentenceCount, corpus.SentenceStart);
        return new CorpusSplit(
            new CorpusRange(corpus, 0, cut!.Value), new CorpusRange(corpus, cut.Value, corpus.TokenCount - cut.Value), IsHeldOut: true);
    }

    // The first start is no cut: nothing lies before it.
    private static long? Nearest(long place, long index, long count, Func<long, long> start)
    {
        long? before = index > 0 ? start(index) : null, after = index + 1 < count ? start(index + 1) : null;
        return before is null || after - place < place - before ? after : before;
    }
}
