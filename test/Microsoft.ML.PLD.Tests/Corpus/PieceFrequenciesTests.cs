using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PieceFrequenciesTests
{
    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void EveryTokenOfTheRangeIsCountedOnce() =>
        Gen.Int[5, 19].Array[1, 9].Array[1, 5].Array[1, 6].Sample(documents =>
        {
            using var corpus = _folder.Write(documents, CorpusFolder.Plain(20), tokensPerShard: 17);
            var tokens = new int[corpus.TokenCount];
            corpus.CopyTokens(0, tokens);
            CollectionAssert.AreEqual(Count(tokens), PieceFrequencies.Count(corpus.All, 20));

            var start = corpus.SentenceStart(corpus.SentenceCount / 2);
            var part = new CorpusRange(corpus, start, corpus.TokenCount - start);
            CollectionAssert.AreEqual(Count(tokens[(int)start..]), PieceFrequencies.Count(part, 20));

            static long[] Count(int[] ids) => [.. Enumerable.Range(0, 20).Select(id => ids.LongCount(token => token == id))];
        }, iter: 30, threads: 1);

    [TestMethod]
    public void OfMoreTokensThanAChunkNoneIsMissed()
    {
        // 4,096 are read at once.
        foreach (var length in new[] { 4_095, 4_096, 4_097, 12_289 })
        {
            using var corpus = _folder.Write([[[.. Enumerable.Range(0, length).Select(i => 5 + i % 3)]]], CorpusFolder.Plain(9));
            var counts = PieceFrequencies.Count(corpus.All, 9);
            CollectionAssert.AreEqual(new long[] { (length + 2) / 3, (length + 1) / 3, length / 3, 0 }, counts[5..]);
        }
    }

    [TestMethod]
    public void OfALongTextPartsFromAllOverItAreCounted()
    {
        // 2^24 tokens, of which 2^23 are read: pieces 5, 6, 7 and 8 for a quarter each.
        var documents = Enumerable.Range(5, 4).Select(id => Enumerable.Range(0, 64).Select(_ => Enumerable.Repeat(id, 1 << 16).ToArray()).ToArray()).ToArray();
        using var corpus = _folder.Write(documents, CorpusFolder.Plain(9), tokensPerShard: 1 << 26);
        var counts = PieceFrequencies.Count(corpus.All, 9);
        Assert.IsGreaterThan(1L << 24, corpus.TokenCount + 5);
        Assert.AreEqual(1 << 23, counts.Sum(), 1 << 13);
        foreach (var count in counts[5..]) Assert.AreEqual(1 << 21, count, 1 << 13);
    }
}
