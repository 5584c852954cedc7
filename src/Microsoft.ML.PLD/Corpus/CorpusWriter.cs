using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>Writes sentences and documents to as many shards as they need. All appear under their names at the end, or none does.</summary>
internal sealed class CorpusWriter : IDisposable
{
    private readonly string _folder;
    private readonly WordPieceVocabulary _vocabulary;
    private readonly CorpusOptions _options;
    private readonly List<TokenShardWriter> _shards = [];
    private bool _inDocument;

    /// <exception cref="IOException">The folder cannot be made or written to, or holds a corpus that may not be replaced.</exception>
    public CorpusWriter(string folder, WordPieceVocabulary vocabulary, CorpusOptions options)
    {
        (_folder, _vocabulary, _options) = (folder, vocabulary, options);
        try
        {
            Directory.CreateDirectory(folder);
            if (!options.Overwrite && Directory.EnumerateFiles(folder, TokenCorpus.ShardPattern).FirstOrDefault() is { } shard)
                throw new IOException($"The folder already holds a corpus ('{shard}'): set Overwrite to replace it, or choose another folder.");
            _shards.Add(NewShard()); // at once, so that a folder that is not writable is known before hours of tokenizing
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"No corpus can be written to the folder '{folder}': {failure.Message}", failure);
        }
    }

    /// <summary>Whether any piece but [UNK] has come: without one there is nothing to learn.</summary>
    public bool HasWords { get; private set; }

    public void AddSentence(ReadOnlySpan<int> ids)
    {
        if (_shards[^1].TokenCount >= _options.TokensPerShard)
        {
            _shards[^1].Complete(isLast: false);
            _shards.Add(NewShard());
        }
        if (!_inDocument) _shards[^1].AddDocument();
        _inDocument = true;
        HasWords |= ids.ContainsAnyExcept(_vocabulary.UnknownId);
        _shards[^1].AddSentence(ids);
    }

    public void EndDocument()
    {
        if (_inDocument) _shards[^1].AddTokens([_vocabulary.SeparatorId]);
        _inDocument = false;
    }

    /// <summary>Ends the corpus and gives its files their names, after those of the corpus that it replaces are gone.</summary>
    public void Publish()
    {
        EndDocument();
        _shards[^1].Complete(isLast: true);
        foreach (var old in Directory.GetFiles(_folder, TokenCorpus.ShardPattern)) File.Delete(old);
        foreach (var shard in _shards) shard.Publish();
    }

    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    private TokenShardWriter NewShard()
    {
        var index = _shards.Count;
        var name = string.Create(CultureInfo.InvariantCulture, $"shard-{index:D5}.tokens");
        return new TokenShardWriter(Path.Combine(_folder, name), index, _vocabulary.Sha256, _vocabulary.Count);
    }
}
