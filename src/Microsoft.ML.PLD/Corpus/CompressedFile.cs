namespace Microsoft.ML.PLD;

/// <summary>A compressed file whose decoder must end by itself: to ask for bytes past the end of the file is an error.</summary>
/// <remarks>BrotliStream takes a truncated file for a complete one, unless the whole application asks for strict validation.</remarks>
internal sealed class CompressedFile(FileStream file) : Stream
{
    public override int Read(Span<byte> buffer)
    {
        var count = file.Read(buffer);
        return count > 0 || buffer.IsEmpty ? count : throw new EndOfStreamException("The compressed data ends too early.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }
}
