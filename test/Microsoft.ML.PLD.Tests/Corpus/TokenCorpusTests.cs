using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TokenCorpusTests
{
    private static readonly WordPieceVocabulary Vocabulary = CorpusFolder.Plain(50);

    private static readonly Gen<int[][][]> Documents = Gen.Int[5, 49].Array[1, 7].Array[1, 5].Array[1, 6];

    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void EverythingReadsAsItWasWritten() =>
        Gen.Select(Documents, Gen.Int[1, 40]).Sample((documents, tokensPerShard) =>
        {
            List<int> tokens = [], sentences = [], starts = [];
            foreach (var document in documents)
            {
                starts.Add(tokens.Count);
                foreach (var sentence in document)
                {
                    sentences.Add(tokens.Count);
                    tokens.AddRange(sentence);
                }
                tokens.Add(Vocabulary.SeparatorId);
            }

            using var corpus = _folder.Write(documents, Vocabulary, tokensPerShard);
            Assert.AreEqual(tokens.Count, corpus.TokenCount);
            Assert.AreEqual(sentences.Count, corpus.SentenceCount);
            Assert.AreEqual(documents.Length, corpus.DocumentCount);
            CollectionAssert.AreEqual(sentences, Enumerable.Range(0, sentences.Count).Select(i => (int)corpus.SentenceStart(i)).ToList());
            CollectionAssert.AreEqual(starts, Enumerable.Range(0, starts.Count).Select(i => (int)corpus.DocumentStart(i)).ToList());

            var copied = new int[2 * tokens.Count + 3];
            for (var position = 0; position < tokens.Count; position++)
            {
                Assert.AreEqual(sentences.FindLastIndex(start => start <= position), corpus.SentenceAt(position));
                Assert.AreEqual(starts.FindLastIndex(start => start <= position), corpus.DocumentAt(position));
                Assert.AreEqual(starts.Contains(position), corpus.IsDocumentStart(position));
                var nearest = sentences.Append(tokens.Count).MinBy(start => Math.Abs(start - position)); // the earlier of equals
                Assert.AreEqual(nearest, corpus.NearestSentenceStart(position));
                Assert.AreEqual(nearest + tokens.Count, corpus.NearestSentenceStart(position + tokens.Count));
            }
            corpus.CopyTokens(tokens.Count - 1, copied);
            for (var i = 0; i < copied.Length; i++) Assert.AreEqual(tokens[(tokens.Count - 1 + i) % tokens.Count], copied[i]);
        }, iter: 200, threads: 1);

    [TestMethod]
    public void ACorpusOfOneTokenIsReadRoundAndRound()
    {
        using (var writer = new CorpusWriter(_folder.Path, Vocabulary, new CorpusOptions()))
        {
            writer.AddSentence([7]);
            writer.Publish();
        }
        using var corpus = TokenCorpus.Open(_folder.Path, Vocabulary);
        Assert.AreEqual(2, corpus.TokenCount); // with its [SEP]
        var one = new CorpusRange(corpus, 0, 1);
        var tokens = new int[13];
        one.CopyTokens(1_000_000_007, tokens);
        CollectionAssert.AreEqual(Enumerable.Repeat(7, 13).ToArray(), tokens);
        Assert.IsTrue(one.IsDocumentStart(5));
        Assert.AreEqual(5, one.NearestSentenceStart(5));
    }

    [TestMethod]
    public void ARangeIsACircleOfItsOwn() =>
        Gen.Select(Documents, Gen.Int[1, 40], Gen.Double[0.05, 0.95]).Where(sample => sample.Item1.Sum(document => document.Length) > 1)
            .Sample((documents, tokensPerShard, share) =>
            {
                using var corpus = _folder.Write(documents, Vocabulary, tokensPerShard);
                var all = new int[corpus.TokenCount];
                corpus.CopyTokens(0, all);
                var split = CorpusSplit.Of(corpus, share);
                Assert.IsTrue(split.IsHeldOut);
                Assert.AreEqual(corpus.TokenCount, split.Training.Length + split.Validation.Length);
                Assert.AreEqual(corpus.SentenceCount, split.Training.SentenceCount + split.Validation.SentenceCount);

                var validation = new int[2 * split.Validation.Length];
                split.Validation.CopyTokens(0, validation);
                var expected = all[(int)split.Training.Length..];
                CollectionAssert.AreEqual(expected.Concat(expected).ToArray(), validation);
                for (var i = 0L; i < split.Validation.SentenceCount; i++)
                {
                    var start = split.Validation.SentenceStart(i);
                    Assert.AreEqual(i, split.Validation.SentenceAt(start));
                    var (first, count) = split.Validation.DocumentSentences(start);
                    Assert.IsTrue(first <= i && i < first + count && first + count <= split.Validation.SentenceCount);
                    for (var other = 0L; other < split.Validation.SentenceCount; other++)
                        Assert.AreEqual(
                            corpus.DocumentAt(split.Training.Length + start) == corpus.DocumentAt(split.Training.Length + split.Validation.SentenceStart(other)),
                            other >= first && other < first + count);
                }
            }, iter: 200, threads: 1);

    [TestMethod]
    public void ASplitKeepsDocumentsWhole()
    {
        // 20 documents of 10 tokens: a tenth is two documents.
        using var corpus = _folder.Write([.. Enumerable.Range(0, 20).Select(_ => new[] { new[] { 5, 6, 7, 8 }, [9, 10, 11, 12, 13] })], Vocabulary);
        var split = CorpusSplit.Of(corpus, 0.1);
        Assert.AreEqual(180, split.Training.Length);
        Assert.AreEqual(20, split.Validation.Length);
    }

    [TestMethod]
    public void OneLongDocumentIsSplitAtASentence()
    {
        using var corpus = _folder.Write([[.. Enumerable.Range(0, 20).Select(_ => new[] { 5, 6, 7 })]], Vocabulary);
        var split = CorpusSplit.Of(corpus, 0.1);
        Assert.IsTrue(split.IsHeldOut);
        Assert.AreEqual(54, split.Training.Length); // 61 tokens, 54.9 wished for
    }

    [TestMethod]
    public void ADocumentThatIsMostOfTheCorpusDoesNotBecomeItsValidation()
    {
        using var corpus = _folder.Write([[[5]], [.. Enumerable.Range(0, 100).Select(_ => new[] { 5, 6, 7 })]], Vocabulary);
        Assert.AreEqual(0.1, (double)CorpusSplit.Of(corpus, 0.1).Validation.Length / corpus.TokenCount, 0.01);
    }

    [TestMethod]
    public void OneSentenceCannotBeHeldOut()
    {
        using var corpus = _folder.Write([[[5, 6]]], Vocabulary);
        var split = CorpusSplit.Of(corpus, 0.5);
        Assert.IsFalse(split.IsHeldOut);
        Assert.AreEqual(3, split.Training.Length);
        Assert.AreEqual(3, split.Validation.Length);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => CorpusSplit.Of(corpus, 0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => CorpusSplit.Of(corpus, double.NaN));
    }

    [TestMethod]
    public void AnotherVocabularyIsRefusedByFileName()
    {
        _folder.Write([[[5, 6]]], Vocabulary).Dispose();
        TokenCorpus.Open(_folder.Path, CorpusFolder.Plain(50)).Dispose();
        AssertRefused("shard-00000.tokens' was made with another vocabulary (50 pieces", CorpusFolder.Letters);
    }

    [TestMethod]
    public void AFolderWithoutShardsIsRefused()
    {
        AssertRefused("holds no token shards");
        var missing = _folder.File("nowhere");
        StringAssert.Contains(Assert.ThrowsExactly<DirectoryNotFoundException>(() => TokenCorpus.Open(missing)).Message, missing);
    }

    [TestMethod]
    public void AMissingShardIsNamed()
    {
        WriteFourShards();
        File.Delete(_folder.File("shard-00001.tokens"));
        AssertRefused("shard-00002.tokens' is shard 2 where shard 1 was expected");
    }

    [TestMethod]
    public void MissingLastShardsAreNoticed()
    {
        WriteFourShards();
        File.Delete(_folder.File("shard-00003.tokens"));
        AssertRefused("shard-00002.tokens' is not the last shard");
    }

    [TestMethod]
    public void ShardsOfTwoVocabulariesAreRefused()
    {
        WriteFourShards();
        using var other = new CorpusFolder();
        other.Write([.. Enumerable.Repeat(new[] { new[] { 5, 6, 7 } }, 4)], CorpusFolder.Plain(60), tokensPerShard: 1).Dispose();
        File.Copy(other.File("shard-00002.tokens"), _folder.File("shard-00002.tokens"), overwrite: true);
        AssertRefused("shard-00002.tokens' and");
    }

    [TestMethod]
    public void ADamagedShardIsNamedAndNothingStaysOpen()
    {
        WriteFourShards();
        File.WriteAllBytes(_folder.File("shard-00003.tokens"), new byte[40]);
        AssertRefused("shard-00003.tokens' is not a token shard");
        using var exclusive = new FileStream(_folder.File("shard-00000.tokens"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private void WriteFourShards()
    {
        _folder.Write([.. Enumerable.Repeat(new[] { new[] { 5, 6, 7 } }, 4)], Vocabulary, tokensPerShard: 1).Dispose();
        Assert.HasCount(4, _folder.Files());
    }

    private void AssertRefused(string expected, WordPieceVocabulary? vocabulary = null) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => TokenCorpus.Open(_folder.Path, vocabulary)).Message, expected);
}
