using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.PLD;

/// <summary>One shard, mapped into memory: opening it reads the header and the tables; tokens are read (and checked) where they are asked for.</summary>
/// <remarks>Safe for reading from many threads, but not for disposing while another reads.</remarks>
internal sealed unsafe class TokenShardReader : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _bytes; // null once disposed

    /// <exception cref="InvalidDataException">The file is not a shard, or a damaged one.</exception>
    public TokenShardReader(string path)
    {
        Path = path;
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            Span<byte> header = stackalloc byte[TokenShardHeader.Size];
            Header = TokenShardHeader.Parse(header[..file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false)], path, file.Length);
            _map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _map.CreateViewAccessor(0, Header.FileLength, MemoryMappedFileAccess.Read);
        }
        catch
        {
            _map?.Dispose();
            file.Dispose();
            throw;
        }
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
        try
        {
            Header.CheckTables(new ReadOnlySpan<byte>(_bytes, TokenShardHeader.Size), SentenceStarts, DocumentStarts, path);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }
    public TokenShardHeader Header { get; }
    public ReadOnlySpan<int> SentenceStarts => new(At(Header.SentencesAt), Header.SentenceCount);
    public ReadOnlySpan<int> DocumentStarts => new(At(Header.DocumentsAt), Header.DocumentCount);

    /// <summary>The checksum of header and tables.</summary>
    public ReadOnlySpan<byte> Digest => new(At(TokenShardHeader.DigestAt), TokenShardHeader.Size - TokenShardHeader.DigestAt);

    /// <exception cref="InvalidDataException">An id lies outside the vocabulary: ids are checked here, each time, and not on opening.</exception>
    public void CopyTokens(int start, Span<int> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Header.TokenCount - start);
        uint largest = 0;
        if (Header.BytesPerToken == sizeof(ushort))
        {
            var tokens = new ReadOnlySpan<ushort>(At(TokenShardHeader.Size), Header.TokenCount).Slice(start, destination.Length);
            for (var i = 0; i < tokens.Length; i++) largest = Math.Max(largest, (uint)(destination[i] = tokens[i]));
        }
        else
        {
            new ReadOnlySpan<int>(At(TokenShardHeader.Size), Header.TokenCount).Slice(start, destination.Length).CopyTo(destination);
            foreach (var id in destination) largest = Math.Max(largest, (uint)id);
        }
        if (largest >= Header.VocabularySize)
            throw TokenShardHeader.Damaged(Path, $"it holds the id {largest}, and its vocabulary ends at {Header.VocabularySize - 1}");
    }

    public void Dispose()
    {
        if (_bytes == null) return;
        _bytes = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    private byte* At(long offset)
    {
        ObjectDisposedException.ThrowIf(_bytes == null, this);
        return _bytes + _view.PointerOffset + offset;
    }
}
