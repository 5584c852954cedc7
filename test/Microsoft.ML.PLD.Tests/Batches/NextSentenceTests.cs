using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class NextSentenceTests
{
    private static readonly WordPieceVocabulary Vocabulary = CorpusFolder.Plain(50);

    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void LabelsAreTrueToTheText() =>
        Gen.Select(Gen.Int[5, 49].Array[1, 6].Array[1, 6].Array[1, 5], Gen.Int[1, 30], Gen.Int[2, 25]).Sample((documents, tokensPerShard, length) =>
        {
            using var corpus = _folder.Write(documents, Vocabulary, tokensPerShard);
            var range = corpus.All;
            for (var draw = 0; draw < 60; draw++)
            {
                var start = draw % range.Length;
                var pair = NextSentence.Draw(range, start, length, new RandomStream(5, RandomPurpose.NextSentence, draw));
                Assert.IsTrue(pair.Cut >= 1 && pair.Cut < length);
                Assert.IsTrue(pair.SecondStart >= 0 && pair.SecondStart < range.Length);
                var cut = (start + pair.Cut) % range.Length;
                var documentOfFirst = corpus.DocumentAt((cut + range.Length - 1) % range.Length);
                if (pair.Label == NextSentence.IsNext)
                {
                    Assert.AreEqual(cut, pair.SecondStart);
                    Assert.AreEqual(documentOfFirst, corpus.DocumentAt(cut));
                    Assert.IsFalse(corpus.IsDocumentStart(cut) || corpus.IsDocumentStart(cut + 1));
                }
                else if (pair.SecondStart == cut)
                {
                    Assert.IsTrue(corpus.IsDocumentStart(cut) || corpus.IsDocumentStart(cut + 1));
                }
                else
                {
                    if (BeginsSentence(corpus, cut)) Assert.IsTrue(BeginsSentence(corpus, pair.SecondStart));
                    Assert.IsTrue(documents.Length == 1 || corpus.DocumentAt(pair.SecondStart) != documentOfFirst);
                }
            }
        }, iter: 150, threads: 1);

    [TestMethod]
    public void HalfOfThePairsFollowEachOtherAndMostCutsAreSentences()
    {
        // Long documents of sentences of 10 tokens, chunks of 100: almost no cut meets the end of a document.
        using var corpus = Sentences(documents: 20, sentences: 200);
        const int Draws = 10_000;
        int next = 0, atSentence = 0, ofOtherDocument = 0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var start = draw * 37 % corpus.TokenCount;
            var pair = NextSentence.Draw(corpus.All, start, 100, new RandomStream(6, RandomPurpose.NextSentence, draw));
            if (corpus.NearestSentenceStart(start + pair.Cut) == start + pair.Cut) atSentence++;
            if (pair.Label == NextSentence.IsNext) next++;
            else if (corpus.DocumentAt(pair.SecondStart) != corpus.DocumentAt((start + pair.Cut - 1) % corpus.TokenCount)) ofOtherDocument++;
        }
        Assert.AreEqual(0.5, (double)next / Draws, 5 * 0.5 / Math.Sqrt(Draws) + 0.005);
        Assert.AreEqual(Draws - next, ofOtherDocument);
        Assert.IsGreaterThan(0.9, (double)atSentence / Draws);
    }

    [TestMethod]
    public void SecondTextsComeFromEverySentenceOfOtherDocuments()
    {
        using var corpus = Sentences(documents: 3, sentences: 4);
        var counts = new Dictionary<long, int>();
        for (var draw = 0; draw < 8_000; draw++)
        {
            // Within the second document: 41 tokens each, sentences every 10.
            var pair = NextSentence.Draw(corpus.All, 41, 20, new RandomStream(7, RandomPurpose.NextSentence, draw));
            if (pair.Label != NextSentence.IsRandom) continue;
            var sentence = corpus.SentenceStart(corpus.SentenceAt(pair.SecondStart));
            counts[sentence] = counts.GetValueOrDefault(sentence) + 1;
        }
        CollectionAssert.AreEquivalent(new long[] { 0, 10, 20, 30, 82, 92, 102, 112 }, counts.Keys.ToArray());
        Assert.IsTrue(counts.Values.All(count => Math.Abs(count - 500) < 5 * 22), string.Join(' ', counts));
    }

    [TestMethod]
    public void HowASecondTextBeginsDoesNotTellWhetherItFollows()
    {
        // Sentences of 100 tokens, chunks of 20: most cuts lie within a sentence.
        using var corpus = _folder.Write([.. Enumerable.Repeat(Enumerable.Repeat(Enumerable.Repeat(7, 100).ToArray(), 20).ToArray(), 5)], Vocabulary);
        var begins = new int[2];
        var pairs = new int[2];
        for (var draw = 0; draw < 20_000; draw++)
        {
            var start = draw * 37 % corpus.TokenCount;
            var pair = NextSentence.Draw(corpus.All, start, 20, new RandomStream(8, RandomPurpose.NextSentence, draw));
            if (BeginsSentence(corpus, (start + pair.Cut) % corpus.TokenCount)) continue;
            pairs[pair.Label]++;
            if (BeginsSentence(corpus, pair.SecondStart)) begins[pair.Label]++;
        }
        Assert.AreEqual(0, begins[NextSentence.IsNext]);
        Assert.IsLessThan(0.02, (double)begins[NextSentence.IsRandom] / pairs[NextSentence.IsRandom]); // 1 token in 100 begins a sentence
        Assert.IsGreaterThan(5_000, pairs.Min());
    }

    private static bool BeginsSentence(TokenCorpus corpus, long position) => corpus.SentenceStart(corpus.SentenceAt(position)) == position;

    private TokenCorpus Sentences(int documents, int sentences) =>
        _folder.Write([.. Enumerable.Repeat(Enumerable.Repeat(Enumerable.Range(5, 10).ToArray(), sentences).ToArray(), documents)], Vocabulary);
}
