namespace Microsoft.ML.PLD.Tests;

/// <summary>A stream that only goes forward, in small portions, and into which no more than <c>room</c> bytes fit.</summary>
internal sealed class StrictStream(Stream inner, long room = long.MaxValue) : Stream
{
    private long _room = room;

    public override bool CanRead => inner.CanRead;
    public override bool CanSeek => false;
    public override bool CanWrite => inner.CanWrite;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, Math.Min(count, 4093));

    public override void Write(byte[] buffer, int offset, int count)
    {
        if ((_room -= count) < 0) throw new IOException("No space left on device");
        inner.Write(buffer, offset, count);
    }

    public override void Flush() => inner.Flush();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
