namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A shard of a corpus: opened, its tables and all its tokens read, alone and as a corpus.</summary>
internal sealed class ShardTarget : FuzzTarget
{
    private readonly string _folder;
    private readonly string _path;

    public ShardTarget(string folder)
    {
        _folder = Directory.CreateDirectory(Path.Combine(folder, "corpus")).FullName;
        _path = Path.Combine(_folder, "shard-00000.tokens");
        Seeds = [.. new[] { 10, 70_000 }.SelectMany(vocabulary => new[] { Make(vocabulary, 1), Make(vocabulary, 40) })];
    }

    public override IReadOnlyList<FuzzSeed> Seeds { get; }

    public override object? Parse(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        using (var shard = new TokenShardReader(_path))
        {
            var tokens = new int[shard.Header.TokenCount];
            shard.CopyTokens(0, tokens);
            if (tokens.Max() >= shard.Header.VocabularySize) throw new InvalidOperationException("An id leads out of the vocabulary.");
        }
        return TokenCorpus.Open(_folder);
    }

    public override void Use(object parsed)
    {
        var corpus = (TokenCorpus)parsed;
        for (long i = 0; i < Math.Min(64, corpus.SentenceCount); i++)
            if (corpus.SentenceAt(corpus.SentenceStart(i)) != i || corpus.DocumentAt(corpus.SentenceStart(i)) < 0) throw new InvalidOperationException("A sentence is not where it is.");
        _ = corpus.Fingerprint;
    }

    private FuzzSeed Make(int vocabulary, int sentences)
    {
        var path = Path.Combine(_folder, "made");
        using (var writer = new TokenShardWriter(path, 0, SmallModel.Vocabulary.Sha256, vocabulary))
        {
            for (var i = 0; i < sentences; i++)
            {
                if (i % 7 == 0) writer.AddDocument();
                writer.AddSentence([1, 2, i % 10]);
            }
            writer.Complete(isLast: true);
            writer.Publish();
        }
        var bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return new(bytes, new ShardFormat());
    }
}
