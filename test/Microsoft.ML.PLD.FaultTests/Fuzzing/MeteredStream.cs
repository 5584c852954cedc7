namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A file in memory, which notes at each read how much memory libtorch holds: what is taken for a tensor is taken before its bytes are read.</summary>
/// <param name="bytes">The file.</param>
/// <param name="canSeek">False: as an entry of an archive.</param>
internal sealed class MeteredStream(byte[] bytes, bool canSeek) : Stream
{
    // Counting takes long where there are many tensors: not for each of them.
    private const int LargeBuffer = 4_096;

    private int _position, _next;

    [ThreadStatic]
    private static long _peak;

    /// <summary>The most bytes of libtorch since <see cref="Restart"/>, on this thread's streams.</summary>
    public static long Peak => _peak;

    public override bool CanRead => true;
    public override bool CanSeek => canSeek;
    public override bool CanWrite => false;
    public override long Length => canSeek ? bytes.Length : throw new NotSupportedException();

    public override long Position
    {
        get => canSeek ? _position : throw new NotSupportedException();
        set => _position = canSeek ? checked((int)value) : throw new NotSupportedException();
    }

    public static void Restart() => _peak = HeapMeter.BytesInUse;

    public static void Note() => _peak = Math.Max(_peak, HeapMeter.BytesInUse);

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length >= LargeBuffer || _position >= _next)
        {
            Note();
            _next = _position + bytes.Length / 64;
        }
        var count = Math.Min(buffer.Length, Math.Max(0, bytes.Length - _position));
        bytes.AsSpan(Math.Min(_position, bytes.Length), count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
