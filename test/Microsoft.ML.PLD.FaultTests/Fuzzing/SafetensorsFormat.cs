using System.Buffers.Binary;
using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A safetensors file: most often its header is changed, and the length before it set right.</summary>
internal sealed class SafetensorsFormat : BinaryFormat
{
    private const int PrefixBytes = 8, LongestData = 1 << 16;

    private static readonly JsonFormat Json = new();

    public override byte[] Mutate(byte[] bytes, byte[] other, PCG random)
    {
        if (random.Next(6) == 0 || HeaderEnd(bytes) is not { } end || HeaderEnd(other) is not { } otherEnd) return base.Mutate(bytes, other, random);
        var header = Json.Mutate(bytes[PrefixBytes..end], other[PrefixBytes..otherEnd], random);
        return Whole(header, bytes.AsSpan(end));
    }

    /// <summary>The data as long as the header says.</summary>
    public override byte[] Mend(byte[] bytes)
    {
        if (HeaderEnd(bytes) is not { } end) return bytes;
        try
        {
            var length = SafetensorsHeader.Parse(bytes.AsSpan(PrefixBytes..end)).DataLength;
            if (length > LongestData || length == bytes.Length - end) return bytes;
            var mended = new byte[end + length];
            bytes.AsSpan(0, Math.Min(bytes.Length, mended.Length)).CopyTo(mended);
            return mended;
        }
        catch (Exception)
        {
            return bytes; // whatever it is, the parser will meet it
        }
    }

    public static byte[] Whole(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        var whole = new byte[PrefixBytes + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(whole, header.Length);
        header.CopyTo(whole.AsSpan(PrefixBytes));
        data.CopyTo(whole.AsSpan(PrefixBytes + header.Length));
        return whole;
    }

    private static int? HeaderEnd(byte[] bytes) =>
        bytes.Length >= PrefixBytes && BinaryPrimitives.ReadUInt64LittleEndian(bytes) is var length && length <= (ulong)(bytes.Length - PrefixBytes) ? PrefixBytes + (int)length : null;
}
