using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Writes one shard beside its final name; <see cref="Publish"/> gives it that name, and disposing without it leaves nothing behind.</summary>
internal sealed class TokenShardWriter : IDisposable
{
    private readonly string _path, _partial;
    private readonly string _vocabularySha256;
    private readonly int _vocabularySize, _index;
    private readonly List<int> _sentenceStarts = [], _documentStarts = [];
    private FileStream? _file;
    private byte[] _encoded = [];
    private bool _published;

    /// <exception cref="IOException">The file cannot be made.</exception>
    public TokenShardWriter(string path, int index, string vocabularySha256, int vocabularySize)
    {
        (_path, _partial) = (path, path + ".tmp");
        (_index, _vocabularySha256, _vocabularySize) = (index, vocabularySha256, vocabularySize);
        Guarded(() =>
        {
            _file = new FileStream(_partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
            _file.Write(new byte[TokenShardHeader.Size]); // its place; filled in when the counts are known
        });
    }

    public int TokenCount { get; private set; }

    public void AddDocument() => _documentStarts.Add(TokenCount);

    public void AddSentence(ReadOnlySpan<int> ids)
    {
        _sentenceStarts.Add(TokenCount);
        AddTokens(ids);
    }

    /// <summary>Adds tokens that begin no sentence.</summary>
    public void AddTokens(ReadOnlySpan<int> ids)
    {
        var width = TokenShardHeader.WidthFor(_vocabularySize);
        TokenCount = checked(TokenCount + ids.Length);
        if (_encoded.Length < ids.Length * width) _encoded = new byte[ids.Length * width];
        var narrow = MemoryMarshal.Cast<byte, ushort>(_encoded.AsSpan());
        var wide = MemoryMarshal.Cast<byte, int>(_encoded.AsSpan());
        for (var i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= _vocabularySize)
                throw new ArgumentOutOfRangeException(nameof(ids), ids[i], $"The vocabulary ends at {_vocabularySize - 1}.");
            if (width == sizeof(ushort)) narrow[i] = (ushort)ids[i];
            else wide[i] = ids[i];
        }
        var length = ids.Length * width;
        Guarded(() => _file!.Write(_encoded, 0, length));
    }

    /// <summary>Writes tables and header, and closes the file.</summary>
    public void Complete(bool isLast)
    {
        var header = new TokenShardHeader(_vocabularySha256, _vocabularySize, _index, isLast, TokenCount, _sentenceStarts.Count, _documentStarts.Count);
        Guarded(() =>
        {
            _file!.Write(new byte[header.SentencesAt - _file.Position]);
            _file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_sentenceStarts)));
            _file.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_documentStarts)));
            _file.Position = 0;
            _file.Write(header.ToBytes(CollectionsMarshal.AsSpan(_sentenceStarts), CollectionsMarshal.AsSpan(_documentStarts)));
            _file.Flush(flushToDisk: true); // before the rename, or a power cut could leave a complete name with incomplete content
            Close();
        });
        _sentenceStarts.Clear();
        _documentStarts.Clear();
    }

    /// <summary>Gives the completed file its final name.</summary>
    public void Publish()
    {
        Guarded(() => File.Move(_partial, _path, overwrite: true));
        _published = true;
    }

    public void Dispose()
    {
        if (_published) return;
        try
        {
            Close();
        }
        catch (IOException)
        {
            // The buffer does not fit on the disk either; the file goes anyway.
        }
        File.Delete(_partial);
    }

    private void Close()
    {
        var file = _file;
        _file = null;
        file?.Dispose();
    }

    private void Guarded(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            var needed = TokenShardHeader.Size + (long)TokenCount * TokenShardHeader.WidthFor(_vocabularySize)
                + sizeof(int) * ((long)_sentenceStarts.Count + _documentStarts.Count);
            var free = FreeBytes();
            if (_file is not null) Dispose();
            throw new IOException($"The token shard '{_path}' cannot be written: {failure.Message} It needs at least {needed} bytes; {free}.", failure);
        }
    }

    private string FreeBytes()
    {
        try
        {
            return $"{new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(_path))!).AvailableFreeSpace} bytes are free there";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "the free space there is not known";
        }
    }
}
