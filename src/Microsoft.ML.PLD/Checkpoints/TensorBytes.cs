using static TorchSharp.torch;

namespace Microsoft.ML.PLD;

/// <summary>A tensor's elements to and from a stream, in place where the tensor allows it.</summary>
internal static class TensorBytes
{
    // A span takes no more than 2 GB, and small pieces keep progress and memory even.
    private const long PieceBytes = 64 << 20, FirstPieceBytes = 1 << 12;

    /// <summary>Writes the elements in row-major order. Copies them only off another device or out of another layout.</summary>
    public static void Write(Tensor tensor, Stream stream)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.detach().cpu().contiguous().view(-1);
        foreach (var (start, count) in Pieces(flat))
        {
            using var piece = flat.narrow(0, start, count);
            stream.Write(piece.bytes);
        }
    }

    /// <summary>Reads the elements of a contiguous tensor on the processor.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before the tensor does.</exception>
    public static void Read(Tensor tensor, Stream stream)
    {
        using var scope = NewDisposeScope();
        var flat = tensor.detach().view(-1);
        foreach (var (start, count) in Pieces(flat))
        {
            using var piece = flat.narrow(0, start, count);
            stream.ReadExactly(piece.bytes);
        }
    }

    /// <summary>Reads a new flat tensor whose length need not be believed: memory grows only with what the stream delivers.</summary>
    /// <exception cref="EndOfStreamException">The stream ends before the tensor does.</exception>
    public static Tensor ReadNew(ScalarType type, long elements, int elementSize, Stream stream)
    {
        using var scope = NewDisposeScope();
        var pieces = new List<Tensor>();
        long read = 0;
        do
        {
            var piece = empty(Math.Min(elements - read, Math.Clamp(read * elementSize, FirstPieceBytes, PieceBytes) / elementSize), dtype: type);
            stream.ReadExactly(piece.bytes);
            pieces.Add(piece);
            read += piece.shape[0];
        }
        while (read < elements);
        return (pieces.Count == 1 ? pieces[0] : cat(pieces)).MoveToOuterDisposeScope();
    }

    private static IEnumerable<(long Start, long Count)> Pieces(Tensor flat)
    {
        var (elements, most) = (flat.shape[0], PieceBytes / flat.ElementSize);
        for (long start = 0; start < elements; start += most) yield return (start, Math.Min(most, elements - start));
    }
}
