
namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CorpusBuilderTests
{
    private static readonly WordPieceTokenizer Tokenizer = new(CorpusFolder.Letters);

    private readonly CorpusFolder _folder = new();

    [TestCleanup]
    public void Cleanup() => _folder.Dispose();

    [TestMethod]
    public void DocumentsAndSentencesAreKept()
    {
        using var corpus = CorpusBuilder.Build([null, "Ab. Cd!", "e f", "", " ", "Gh.", null, null], Tokenizer, _folder.Path);

        Assert.AreEqual(2, corpus.DocumentCount);
        Assert.AreEqual(4, corpus.SentenceCount);
        CollectionAssert.AreEqual(new[] { 0L, 3, 6, 9 }, Enumerable.Range(0, 4).Select(i => corpus.SentenceStart(i)).ToArray());
        Assert.AreEqual("a ##b . c ##d ! e f [SEP] g ##h . [SEP]", Pieces(corpus));
    }

    [TestMethod]
    public void TheEndOfAFileEndsADocument()
    {
        using var texts = new CorpusFolder();
        File.WriteAllText(texts.File("1.txt"), "Ab.");
        File.WriteAllText(texts.File("2.txt"), "Cd.\n\nEf.\n");
        using var corpus = CorpusBuilder.BuildFromFiles([texts.Path], Tokenizer, _folder.Path);
        Assert.AreEqual("a ##b . [SEP] c ##d . [SEP] e ##f . [SEP]", Pieces(corpus));
        Assert.AreEqual(3, corpus.DocumentCount);
    }

    [TestMethod]
    public void TheResultDoesNotDependOnTheNumberOfThreads()
    {
        using var other = new CorpusFolder();
        var options = new CorpusOptions { TokensPerShard = 50_000 };
        CorpusBuilder.Build(Text(), Tokenizer, _folder.Path, options with { Threads = 1 }).Dispose();
        CorpusBuilder.Build(Text(), Tokenizer, other.Path, options with { Threads = 4 }).Dispose();

        Assert.IsGreaterThan(5, _folder.Files().Length);
        CollectionAssert.AreEqual(_folder.Files(), other.Files());
        foreach (var name in _folder.Files()) CollectionAssert.AreEqual(File.ReadAllBytes(_folder.File(name)), File.ReadAllBytes(other.File(name)), name);
    }

    [TestMethod]
    public void ShardsChangeNothingForReaders()
    {
        using var other = new CorpusFolder();
        using var one = CorpusBuilder.Build(Text().Take(500), Tokenizer, _folder.Path);
        using var many = CorpusBuilder.Build(Text().Take(500), Tokenizer, other.Path, new CorpusOptions { TokensPerShard = 100 });
        Assert.AreEqual(Pieces(one), Pieces(many));
        Assert.AreEqual(one.SentenceCount, many.SentenceCount);
        Assert.AreEqual(one.DocumentCount, many.DocumentCount);
    }

    [TestMethod]
    [DataRow]
    [DataRow(null, "", "  ")]
    [DataRow("\u0001\u0002")]
    [DataRow("все слова", "чужие")]
    public void WithoutTextThereIsNoCorpus(params string?[] lines)
    {
        var failure = Assert.ThrowsExactly<InvalidDataException>(() => CorpusBuilder.Build(lines, Tokenizer, _folder.Path));
        StringAssert.Contains(failure.Message, _folder.Path);
        Assert.IsEmpty(_folder.Files());
    }

    [TestMethod]
    public void ACorpusIsReplacedOnlyOnDemand()
    {
        CorpusBuilder.Build(["ab", "cd"], Tokenizer, _folder.Path, new CorpusOptions { TokensPerShard = 1 }).Dispose();
        Assert.HasCount(2, _folder.Files());
        var failure = Assert.ThrowsExactly<IOException>(() => CorpusBuilder.Build(["ef"], Tokenizer, _folder.Path));
        StringAssert.Contains(failure.Message, "set Overwrite");
        Assert.HasCount(2, _folder.Files());

        using var corpus = CorpusBuilder.Build(["ef"], Tokenizer, _folder.Path, new CorpusOptions { Overwrite = true });
        Assert.HasCount(1, _folder.Files());
        Assert.AreEqual("e ##f [SEP]", Pieces(corpus));
    }

    [TestMethod]
    public void AFailureWhileReadingLeavesTheOldCorpusAlone()
    {
        CorpusBuilder.Build(["ab"], Tokenizer, _folder.Path).Dispose();
        var options = new CorpusOptions { Overwrite = true, TokensPerShard = 10 };
        Assert.ThrowsExactly<FormatException>(() => CorpusBuilder.Build(Broken(), Tokenizer, _folder.Path, options));
        CollectionAssert.AreEqual(new[] { "shard-00000.tokens" }, _folder.Files());
        using var corpus = TokenCorpus.Open(_folder.Path);
        Assert.AreEqual("a ##b [SEP]", Pieces(corpus));

        static IEnumerable<string?> Broken()
        {
            foreach (var line in Text()) yield return line;
            throw new FormatException();
        }
    }

    [TestMethod]
    public void CancellingLeavesNothing()
    {
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsExactly<OperationCanceledException>(() => CorpusBuilder.Build(Endless(), Tokenizer, _folder.Path, null, cancel.Token));
        Assert.IsEmpty(_folder.Files());

        IEnumerable<string?> Endless()
        {
            for (var i = 0; ; i++)
            {
                if (i == 50_000) cancel.Cancel();
                yield return "Round and round.";
            }
        }
    }

    [TestMethod]
    public void AFolderThatCannotBeMadeIsNamed()
    {
        File.WriteAllText(_folder.File("occupied"), "a file");
        var failure = Assert.ThrowsExactly<IOException>(() => CorpusBuilder.Build(["ab"], Tokenizer, _folder.File("occupied")));
        StringAssert.Contains(failure.Message, $"No corpus can be written to the folder '{_folder.File("occupied")}'");
    }

    [TestMethod]
    public void AllBadOptionsAreNamed()
    {
        var options = new CorpusOptions { Threads = 0, TokensPerShard = 0 };
        var failure = Assert.ThrowsExactly<ArgumentException>(() => CorpusBuilder.Build(["ab"], Tokenizer, _folder.Path, options));
        StringAssert.Contains(failure.Message, "TokensPerShard is 0; expected 1 to 1073741824. Threads is 0; expected 1 or more.");
    }

    [TestMethod]
    public void AFullDiskIsNamedAndLeavesNothing()
    {
        using var disk = SmallDisk.Mount(_folder.Path, kilobytes: 256);
        var failure = Assert.ThrowsExactly<IOException>(() => CorpusBuilder.Build(Text(), Tokenizer, _folder.Path, new CorpusOptions { TokensPerShard = 50_000 }));
        StringAssert.Matches(failure.Message, new(@"shard-0000\d\.tokens' cannot be written: .* It needs at least \d{5,} bytes; \d+ bytes are free there\."));
        Assert.IsEmpty(_folder.Files());
    }

    // 20,000 lines, over 400,000 tokens.
    private static IEnumerable<string?> Text()
    {
        var random = new Random(5);
        for (var line = 0; line < 20_000; line++)
            yield return random.Next(10) == 0 ? null : string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => "abcdefghijklmno    .!A"[random.Next(22)]));
    }

    private static string Pieces(TokenCorpus corpus)
    {
        var tokens = new int[corpus.TokenCount];
        corpus.CopyTokens(0, tokens);
        return string.Join(' ', tokens.Select(id => CorpusFolder.Letters.Pieces[id]));
    }
}
