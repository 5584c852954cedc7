namespace Microsoft.ML.PLD;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name, unique in the file.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its sizes; empty for a scalar.</param>
/// <param name="Offset">Where its bytes begin, counted from the end of the header.</param>
/// <param name="Length">The number of its bytes.</param>
internal sealed record SafetensorsEntry(string Name, SafetensorsType Type, long[] Shape, long Offset, long Length)
{
    /// <summary>The most dimensions: libtorch takes more, but no model has them, and some operations do not.</summary>
    public const int MaxRank = 64;

    /// <summary>The number of bytes of such a tensor, or null where there can be none: a negative size, an overflow, too many dimensions.</summary>
    public static long? ByteLength(SafetensorsType type, ReadOnlySpan<long> shape)
    {
        if (shape.Length > MaxRank) return null;
        long strides = type.Size; // bytes too, but counting a size of 0 as 1, as libtorch's strides do: they must not overflow either
        var isEmpty = false;
        foreach (var size in shape)
        {
            if (size < 0 || strides > long.MaxValue / Math.Max(1, size)) return null;
            strides *= Math.Max(1, size);
            isEmpty |= size == 0;
        }
        return isEmpty ? 0 : strides;
    }
}
