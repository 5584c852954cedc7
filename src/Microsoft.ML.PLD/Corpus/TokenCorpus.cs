using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.PLD;

/// <summary>
/// A corpus as token ids on disk: a folder of memory-mapped shards, read as one stream in which any place is reached at once.
/// Each document ends with one [SEP]; the stream is circular, so that reading past its end goes on at its start.
/// </summary>
/// <remarks>
/// Made by <see cref="CorpusBuilder"/>. Positions count tokens from 0. Safe for reading from many threads at once; dispose it when none reads any more.
/// </remarks>
public sealed class TokenCorpus : IDisposable
{
    internal const string ShardPattern = "shard-*.tokens";

    private readonly TokenShardReader[] _shards;
    private readonly long[] _tokensBefore, _sentencesBefore, _documentsBefore; // one more than shards: the last is the total

    private TokenCorpus(string folder, TokenShardReader[] shards)
    {
        (Folder, _shards) = (folder, shards);
        _tokensBefore = Cumulative(header => header.TokenCount);
        _sentencesBefore = Cumulative(header => header.SentenceCount);
        _documentsBefore = Cumulative(header => header.DocumentCount);
    }

    /// <summary>The folder that the shards lie in.</summary>
    public string Folder { get; }

    /// <summary>The number of tokens, the [SEP] after each document included.</summary>
    public long TokenCount => _tokensBefore[^1];

    /// <summary>The number of sentences.</summary>
    public long SentenceCount => _sentencesBefore[^1];

    /// <summary>The number of documents.</summary>
    public long DocumentCount => _documentsBefore[^1];

    /// <summary>The number of pieces of the vocabulary that the text was tokenized with; all ids are below it.</summary>
    public int VocabularySize => _shards[0].Header.VocabularySize;

    /// <summary>The SHA-256 of that vocabulary, in lower-case hexadecimal digits.</summary>
    public string VocabularySha256 => _shards[0].Header.VocabularySha256;

    /// <summary>Tells one corpus from another, without reading all of it: from its tables, and from pieces of text all over it.</summary>
    internal string Fingerprint
    {
        get
        {
            const int pieces = 256, pieceLength = 64;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var shard in _shards) hash.AppendData(shard.Digest);
            var piece = new int[pieceLength];
            for (var i = 0; i < pieces; i++)
            {
                CopyTokens((long)(TokenCount * (i / (double)pieces)), piece);
                hash.AppendData(MemoryMarshal.AsBytes<int>(piece));
            }
            return $"{TokenCount} tokens, SHA-256 {Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}";
        }
    }

    internal CorpusRange All => new(this, 0, TokenCount);

    /// <summary>Opens the corpus in <paramref name="folder"/>: reads headers and tables, no tokens.</summary>
    /// <param name="folder">A folder that <see cref="CorpusBuilder"/> has filled.</param>
    /// <param name="vocabulary">The vocabulary that the corpus must have been made with; null takes any.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">
    /// There are no shards, one is missing or damaged, they do not belong together, or they were made with another vocabulary. The message names the file.
    /// </exception>
    public static TokenCorpus Open(string folder, WordPieceVocabulary? vocabulary = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"The corpus folder '{folder}' does not exist.");
        var shards = new List<TokenShardReader>();
        try
        {
            foreach (var path in Directory.EnumerateFiles(folder, ShardPattern)) shards.Add(new TokenShardReader(path));
            shards.Sort((a, b) => a.Header.Index.CompareTo(b.Header.Index));
            CheckTogether(folder, shards, vocabulary);
            return new TokenCorpus(folder, [.. shards]);
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <summary>Copies tokens from <paramref name="start"/> on, beginning again at position 0 wherever the corpus ends, as often as it takes.</summary>
    /// <param name="start">From 0; taken modulo <see cref="TokenCount"/>.</param>
    /// <param name="destination">What to fill.</param>
    /// <exception cref="InvalidDataException">A shard holds an id outside its vocabulary.</exception>
    public void CopyTokens(long start, Span<int> destination) => All.CopyTokens(start, destination);

    /// <summary>The start of a sentence that is nearest to <paramref name="position"/>, the earlier of two at the same distance.</summary>
    /// <param name="position">From 0. Past the end of the corpus, positions go on counting: <see cref="TokenCount"/> is the first sentence again.</param>
    public long NearestSentenceStart(long position) => All.NearestSentenceStart(position);

    /// <summary>Whether a document starts at <paramref name="position"/>.</summary>
    /// <param name="position">From 0; taken modulo <see cref="TokenCount"/>.</param>
    public bool IsDocumentStart(long position) => All.IsDocumentStart(position);

    /// <summary>The position at which the sentence with this index starts.</summary>
    /// <param name="index">0 to <see cref="SentenceCount"/> - 1.</param>
    public long SentenceStart(long index)
    {
        var shard = Holding(_sentencesBefore, index);
        return _tokensBefore[shard] + _shards[shard].SentenceStarts[(int)(index - _sentencesBefore[shard])];
    }

    /// <summary>The position at which the document with this index starts.</summary>
    /// <param name="index">0 to <see cref="DocumentCount"/> - 1.</param>
    public long DocumentStart(long index)
    {
        var shard = Holding(_documentsBefore, index);
        return _tokensBefore[shard] + _shards[shard].DocumentStarts[(int)(index - _documentsBefore[shard])];
    }

    /// <summary>The index of the sentence that the token at <paramref name="position"/> belongs to.</summary>
    /// <param name="position">0 to <see cref="TokenCount"/> - 1.</param>
    public long SentenceAt(long position)
    {
        var shard = Holding(_tokensBefore, position);
        return _sentencesBefore[shard] + SortedOffsets.CountUpTo(_shards[shard].SentenceStarts, (int)(position - _tokensBefore[shard])) - 1;
    }

    /// <summary>The index of the document that the token at <paramref name="position"/> belongs to.</summary>
    /// <param name="position">0 to <see cref="TokenCount"/> - 1.</param>
    public long DocumentAt(long position)
    {
        var shard = Holding(_tokensBefore, position);
        return _documentsBefore[shard] + SortedOffsets.CountUpTo(_shards[shard].DocumentStarts, (int)(position - _tokensBefore[shard])) - 1;
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var shard in _shards) shard.Dispose();
    }

    /// <summary>Copies tokens that lie in the corpus without a turn past its end.</summary>
    internal void CopyStraight(long start, Span<int> destination)
    {
        for (var shard = Holding(_tokensBefore, start); !destination.IsEmpty; shard++)
        {
            var offset = (int)(start - _tokensBefore[shard]);
            var count = Math.Min(destination.Length, _shards[shard].Header.TokenCount - offset);
            _shards[shard].CopyTokens(offset, destination[..count]);
            start += count;
            destination = destination[count..];
        }
    }

    private static void CheckTogether(string folder, List<TokenShardReader> shards, WordPieceVocabulary? vocabulary)
    {
        if (shards.Count == 0)
            throw new InvalidDataException($"The corpus folder '{folder}' holds no token shards ({ShardPattern}). Build the corpus with CorpusBuilder first.");
        var first = shards[0];
        for (var i = 0; i < shards.Count; i++)
        {
            var (path, header) = (shards[i].Path, shards[i].Header);
            if (header.Index != i)
                throw new InvalidDataException($"'{path}' is shard {header.Index} where shard {i} was expected: a shard of '{folder}' is missing or there twice.");
            if (header.IsLast != (i == shards.Count - 1))
                throw new InvalidDataException(header.IsLast
                    ? $"'{path}' is the last shard of its corpus, but '{shards[i + 1].Path}' follows: '{folder}' mixes two corpora."
                    : $"'{path}' is not the last shard of its corpus, but nothing follows it in '{folder}': files are missing.");
            if (header.VocabularySha256 != first.Header.VocabularySha256 || header.VocabularySize != first.Header.VocabularySize)
                throw new InvalidDataException($"'{path}' and '{first.Path}' were made with different vocabularies: '{folder}' mixes two corpora.");
        }
        if (first.Header.DocumentCount == 0 || first.DocumentStarts[0] != 0)
            throw TokenShardHeader.Damaged(first.Path, "its first document is missing");
        if (vocabulary is not null && (first.Header.VocabularySha256 != vocabulary.Sha256 || first.Header.VocabularySize != vocabulary.Count))
            throw new InvalidDataException(
                $"'{first.Path}' was made with another vocabulary ({first.Header.VocabularySize} pieces, SHA-256 {first.Header.VocabularySha256[..12]}...) "
                + $"than the one in use ({vocabulary.Count} pieces, SHA-256 {vocabulary.Sha256[..12]}...). Build the corpus again, or use its vocabulary.");
    }

    private static int Holding(long[] before, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, before[^1]);
        return SortedOffsets.CountUpTo<long>(before, value) - 1;
    }

    private long[] Cumulative(Func<TokenShardHeader, int> count)
    {
        var before = new long[_shards.Length + 1];
        for (var i = 0; i < _shards.Length; i++) before[i + 1] = before[i] + count(_shards[i].Header);
        return before;
    }
}
