using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Changes right files a little, in the ways that break parsers: bits, lengths, numbers at their limits, JSON of another shape, parts moved, repeated and cut.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[][]> seeds)
{
    private const int LongestPart = 1 << 16;

    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 32_767, 65_535, 65_536, int.MaxValue, int.MinValue, 1L << 31, uint.MaxValue, 1L << 32, 100_000_000, 100_000_001, 1L << 53, long.MaxValue, long.MinValue];

    private static readonly byte[][] Values = [.. new[]
    {
        "null", "true", "false", "{}", "[]", "[[]]", "\"\"", "0", "-1", "1.5", "1e999", "-0", "9223372036854775807", "9223372036854775808", "2147483648", "4294967296", "1e-320",
        "\"NaN\"", "\"Infinity\"", "\"\\ud800\"", "\"\\u0000\"", "\"..\"", "\"../../etc/passwd\"", "[0,0]", "[-1]", "{\"a\":{\"b\":{\"c\":[[[[1]]]]}}}", "\"F32\"", "\"BOOL\"", "\"__metadata__\"", "",
    }.Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[][] Odd = ["\uFEFF"u8.ToArray(), [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0], "\r\n"u8.ToArray(), "\n\n"u8.ToArray(), "[UNK]"u8.ToArray(), "##"u8.ToArray(), [0xF0, 0x9F, 0x98, 0x80]];

    /// <summary>Other parts than those given, which stay as they are.</summary>
    public byte[][] Mutate(byte[][] parts)
    {
        parts = [.. parts];
        do
        {
            var at = random.Next(parts.Length);
            var changed = Change(parts[at]);
            parts[at] = changed.Length <= LongestPart ? changed : changed[..LongestPart];
        }
        while (random.Next(3) == 0);
        return parts;
    }

    private byte[] Change(byte[] part)
    {
        if (part.Length == 0) return Bytes(random.Next(1, 9));
        var (at, length) = Range(part.Length);
        switch (random.Next(13))
        {
            case 0: return Replace(part, at, 1, [(byte)(part[at] ^ 1 << random.Next(8))]);
            case 1: return Replace(part, at, length, Bytes(length));
            case 2: return Replace(part, at, length, []);
            case 3: return Replace(part, at, 0, Bytes(random.Next(1, 17)));
            case 4: return part[..at];
            case 5: return Replace(part, at, 0, part[at..(at + length)]);
            case 6: return Replace(part, at, length, [.. Enumerable.Repeat(part[at..(at + length)], 1 << random.Next(11)).SelectMany(bytes => bytes).Take(LongestPart)]);
            case 7: return Replace(part, at, length, Number(1 << random.Next(4)));
            case 8: return Replace(part, at, 0, Odd[random.Next(Odd.Length)]);
            case 9: return Splice(part, at);
            case 10 or 11: return Token(part, at);
            default: return Digits(part, at);
        }
    }

    private (int At, int Length) Range(int length)
    {
        var at = random.Next(length);
        return (at, random.Next(1, 1 + Math.Min(length - at, 1 << random.Next(8))));
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Number(int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Numbers[random.Next(Numbers.Length)] + random.Next(-1, 2));
        return bytes[..size];
    }

    // The beginning of this part, and the end of some other.
    private byte[] Splice(byte[] part, int at)
    {
        var others = seeds[random.Next(seeds.Count)];
        var other = others[random.Next(others.Length)];
        return [.. part[..at], .. other[random.Next(other.Length + 1)..]];
    }

    // A JSON value, or a name, another one.
    private byte[] Token(byte[] part, int at)
    {
        var begin = part.AsSpan(0, at).LastIndexOfAny(",:[{"u8) + 1;
        var length = part.AsSpan(begin).IndexOfAny(",:]}"u8);
        if (length < 0) length = part.Length - begin;
        return random.Next(4) == 0
            ? Replace(part, begin, 0, [.. part[begin..(begin + length)], .. begin + length < part.Length ? part[(begin + length)..(begin + length + 1)] : []])
            : Replace(part, begin, length, Values[random.Next(Values.Length)]);
    }

    // A number in text, another one.
    private byte[] Digits(byte[] part, int at)
    {
        var digits = part.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (digits < 0) return Replace(part, at, 0, Number(8));
        var begin = at + digits;
        var length = part.AsSpan(begin).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        if (length < 0) length = part.Length - begin;
        return Replace(part, begin, length, Encoding.ASCII.GetBytes($"{Numbers[random.Next(Numbers.Length)]}"));
    }

    private static byte[] Replace(byte[] part, int at, int length, byte[] by) => [.. part[..at], .. by, .. part[(at + length)..]];
}
