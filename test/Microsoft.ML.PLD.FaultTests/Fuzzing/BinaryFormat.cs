using System.Buffers.Binary;
using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Bytes that nothing is known about: bits turned over, bytes overwritten, put in, cut, repeated, numbers made extreme, two files spliced.</summary>
internal class BinaryFormat : FuzzFormat
{
    private const int Longest = 1 << 20;

    private static readonly long[] Extremes =
        [0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 32767, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 53, long.MaxValue, long.MinValue, -1, -2, 100_000_000, 100_000_001];

    public override byte[] Mutate(byte[] bytes, byte[] other, PCG random)
    {
        if (bytes.Length == 0) return other;
        var at = Below(bytes.Length, random);
        var end = Math.Min(bytes.Length, at + 1 + Below(1 << Below(8, random), random));
        switch (random.Next(10))
        {
            case 0 or 1:
                bytes = [.. bytes];
                bytes[at] ^= (byte)(1 << Below(8, random));
                return bytes;
            case 2:
                bytes = [.. bytes];
                for (var i = at; i < end; i++) bytes[i] = (byte)random.Next();
                return bytes;
            case 3 or 4: // a number, most often at its natural place
                bytes = [.. bytes];
                var width = 1 << Below(4, random);
                if (random.Next(8) > 0) at -= at % width;
                Span<byte> number = stackalloc byte[8];
                var now = 0L;
                for (var i = Math.Min(at + width, bytes.Length) - 1; i >= at; i--) now = now << 8 | bytes[i];
                BinaryPrimitives.WriteInt64LittleEndian(number, random.Next(3) == 0 ? now + random.Next(9) - 4 : Extremes[Below(Extremes.Length, random)]);
                number[..Math.Min(width, bytes.Length - at)].CopyTo(bytes.AsSpan(at));
                return bytes;
            case 5:
                return random.Next(2) == 0 ? bytes[..at] : [.. bytes[..at], .. bytes[end..]];
            case 6:
                var put = new byte[end - at];
                for (var i = 0; i < put.Length; i++) put[i] = (byte)random.Next();
                return [.. bytes[..at], .. put, .. bytes[at..]];
            case 7:
                return [.. bytes[..at], .. other.AsSpan(Below(other.Length, random))];
            case 8:
                return [.. bytes[..end], .. bytes[at..]];
            default:
                return Repeat(bytes, at, end, random);
        }
    }

    /// <summary>Repeats a part: most often a few times, now and then to many times a file's size.</summary>
    public static byte[] Repeat(byte[] bytes, int at, int end, PCG random)
    {
        if (at >= end) return bytes;
        var times = random.Next(64) == 0 ? 1 + Below(1 << Below(18, random), random) : 1 + Below(8, random);
        times = Math.Min(times, (Longest - bytes.Length) / (end - at));
        if (times <= 0) return bytes;
        var result = new byte[bytes.Length + times * (end - at)];
        bytes.AsSpan(0, end).CopyTo(result);
        for (var i = 0; i < times; i++) bytes.AsSpan(at, end - at).CopyTo(result.AsSpan(end + i * (end - at)));
        bytes.AsSpan(end).CopyTo(result.AsSpan(end + times * (end - at)));
        return result;
    }

    public static int Below(int bound, PCG random) => bound <= 0 ? 0 : (int)random.Next((uint)bound);
}
