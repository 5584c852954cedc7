using System.Buffers.Binary;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class TokenShardTests
{
    private static readonly string Sha = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));

    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void TheBytesAreTheFormat()
    {
        var bytes = File.ReadAllBytes(WriteShard(vocabularySize: 300));

        CollectionAssert.AreEqual("PLDTOKEN"u8.ToArray(), bytes[..8]);
        int[] fields = [.. new[] { 8, 12, 48, 52, 56, 60, 64, 68 }.Select(at => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)))];
        CollectionAssert.AreEqual(new[] { 1, 2, 300, 7, 1, 5, 3, 2 }, fields);
        Assert.AreEqual(Sha, Convert.ToHexStringLower(bytes.AsSpan(16, 32)));
        // Tokens 10, 299 | 12 [3] | 13, the padding, sentences 0, 2, 4, documents 0, 4.
        Assert.AreEqual("0a002b010c0003000d00" + "0000" + "000000000200000004000000" + "0000000004000000", Convert.ToHexStringLower(bytes.AsSpan(128)));
    }

    [TestMethod]
    public void FourBytesATokenAboveSixteenBits()
    {
        using var reader = new TokenShardReader(WriteShard(vocabularySize: 65_537, last: 65_536));
        Assert.AreEqual(4, reader.Header.BytesPerToken);
        Assert.AreEqual(128 + 5 * 4 + 3 * 4 + 2 * 4, new FileInfo(reader.Path).Length);
        var tokens = new int[5];
        reader.CopyTokens(0, tokens);
        CollectionAssert.AreEqual(new[] { 10, 299, 12, 3, 65_536 }, tokens);
    }

    [TestMethod]
    public void TwoBytesATokenUpToSixteenBits()
    {
        using var reader = new TokenShardReader(WriteShard(vocabularySize: 65_536, last: 65_535));
        Assert.AreEqual(2, reader.Header.BytesPerToken);
        var tokens = new int[1];
        reader.CopyTokens(4, tokens);
        Assert.AreEqual(65_535, tokens[0]);
    }

    [TestMethod]
    public void EveryTruncationIsRefused()
    {
        var whole = File.ReadAllBytes(WriteShard(vocabularySize: 300));
        for (var length = 0; length < whole.Length; length++) AssertRefused(whole[..length]);
        AssertRefused([.. whole, 0]);
    }

    [TestMethod]
    [DataRow(300)]
    [DataRow(70_000)]
    public void EveryFlippedBitIsRefusedOrGivesTokensOfTheVocabulary(int vocabularySize)
    {
        var whole = File.ReadAllBytes(WriteShard(vocabularySize));
        var tokens = new int[5];
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var flipped = whole.ToArray();
            flipped[bit / 8] ^= (byte)(1 << bit % 8);
            var inTokens = bit / 8 >= TokenShardHeader.Size && bit / 8 < TokenShardHeader.Size + 5 * (vocabularySize <= 65_536 ? 2 : 4);
            var inPadding = vocabularySize <= 65_536 && bit / 8 is 138 or 139;
            if (!inTokens && !inPadding)
            {
                AssertRefused(flipped);
                continue;
            }
            using var reader = new TokenShardReader(Rewrite(flipped));
            CollectionAssert.AreEqual(new[] { 0, 2, 4 }, reader.SentenceStarts.ToArray());
            try
            {
                reader.CopyTokens(0, tokens);
                Assert.IsTrue(tokens.All(id => id >= 0 && id < vocabularySize), $"bit {bit}");
            }
            catch (InvalidDataException failure)
            {
                StringAssert.Contains(failure.Message, reader.Path);
            }
        }
    }

    [TestMethod]
    [DataRow(60, int.MaxValue)]
    [DataRow(60, -1)]
    [DataRow(64, int.MaxValue)]
    [DataRow(64, 0)]
    [DataRow(68, int.MaxValue)]
    [DataRow(68, -5)]
    [DataRow(48, 0)]
    [DataRow(48, -1)]
    public void WildCountsAreRefusedBeforeAnythingIsAllocated(int at, int value)
    {
        var bytes = File.ReadAllBytes(WriteShard(vocabularySize: 300));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
        var before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(bytes);
        Assert.IsLessThan(1 << 20, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    [DataRow(new[] { 0, 2, 2 }, new[] { 0 }, "out of order")]
    [DataRow(new[] { 1, 2, 4 }, new int[0], "out of order")]
    [DataRow(new[] { 0, 2, 5 }, new[] { 0 }, "beyond its tokens")]
    [DataRow(new[] { 0, 2, 4 }, new[] { 0, 3 }, "does not begin with a sentence")]
    [DataRow(new[] { 0, 2, 4 }, new[] { 2, 0 }, "does not begin with a sentence")]
    [DataRow(new[] { 0, -2, 4 }, new[] { 0 }, "out of order")]
    public void TablesAreCheckedThoughTheirChecksumIsRight(int[] sentences, int[] documents, string expected)
    {
        var header = new TokenShardHeader(Sha, 300, 0, true, 5, sentences.Length, documents.Length);
        var bytes = new byte[header.FileLength];
        header.ToBytes(sentences, documents).CopyTo(bytes, 0);
        Buffer.BlockCopy(sentences, 0, bytes, (int)header.SentencesAt, sentences.Length * 4);
        Buffer.BlockCopy(documents, 0, bytes, (int)header.DocumentsAt, documents.Length * 4);
        StringAssert.Contains(AssertRefused(bytes).Message, expected);
    }

    [TestMethod]
    public void AnotherFormatVersionIsNamed()
    {
        var bytes = File.ReadAllBytes(WriteShard(vocabularySize: 300));
        bytes[8] = 2;
        StringAssert.Contains(AssertRefused(bytes).Message, "format version 2; this library reads version 1");
    }

    [TestMethod]
    public void WithoutPublishingNothingIsLeft()
    {
        using (var writer = new TokenShardWriter(_folder.File("shard-00000.tokens"), 0, Sha, 300))
        {
            writer.AddDocument();
            writer.AddSentence([5]);
            writer.Complete(isLast: true);
            CollectionAssert.AreEqual(new[] { "shard-00000.tokens.tmp" }, _folder.Files());
        }
        Assert.IsEmpty(_folder.Files());
    }

    [TestMethod]
    public void AnIdOutsideTheVocabularyIsNotWritten()
    {
        using var writer = new TokenShardWriter(_folder.File("shard-00000.tokens"), 0, Sha, 300);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => writer.AddSentence([5, 300]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => writer.AddSentence([-1]));
    }

    [TestMethod]
    public void ADisposedReaderSaysSo()
    {
        var reader = new TokenShardReader(WriteShard(vocabularySize: 300));
        reader.Dispose();
        reader.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => reader.CopyTokens(0, new int[1]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => reader.SentenceStarts.Length);
    }

    // Shard 7: two documents; the first has two sentences and the separator 3, the second is cut off by the end of the shard.
    private string WriteShard(int vocabularySize, int last = 13)
    {
        var path = _folder.File("shard-00007.tokens");
        using var writer = new TokenShardWriter(path, 7, Sha, vocabularySize);
        writer.AddDocument();
        writer.AddSentence([10, 299]);
        writer.AddSentence([12]);
        writer.AddTokens([3]);
        writer.AddDocument();
        writer.AddSentence([last]);
        writer.Complete(isLast: true);
        writer.Publish();
        return path;
    }

    private string Rewrite(byte[] bytes)
    {
        var path = _folder.File("shard-00008.tokens");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private InvalidDataException AssertRefused(byte[] bytes)
    {
        var path = Rewrite(bytes);
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => new TokenShardReader(path).Dispose());
        StringAssert.Contains(failure.Message, path);
        return failure;
    }
}
