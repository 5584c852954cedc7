using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Text in lines.</summary>
internal sealed class LineFormat : TokenFormat
{
    private static readonly string[] Lines = ["\n", "\r\n", "##\n", "##a\n", "[PAD]\n", "[MASK]", "a\n", "ü\n", "\ud83d\ude00\n", "\ufeff[UNK]\n", "\0\n", "\r", " \n", "a b\n", "##日\r\n", "\u2028\n"];

    protected override byte[] Replacement(ReadOnlySpan<byte> token, PCG random)
    {
        switch (random.Next(8))
        {
            case 0:
                return Utf8($"{new string('x', 500 + Below(20, random))}\n");
            case 1 when random.Next(16) == 0:
                return Utf8(new string("x\n日"[Below(3, random)], 1 << Below(18, random)));
            case 2 when random.Next(16) == 0: // many short lines, all of them different
                return Utf8(string.Concat(Enumerable.Range(0, 1 << Below(15, random)).Select(i => $"{(char)(0x4E00 + i % 20_000)}{(i < 20_000 ? "" : i / 20_000)}\n")));
            case 3:
                return [(byte)random.Next(), (byte)random.Next(), (byte)'\n'];
            default:
                return Utf8(Lines[Below(Lines.Length, random)]);
        }
    }

    protected override List<(int Start, int End)> Tokens(byte[] bytes)
    {
        var tokens = new List<(int, int)>();
        for (var start = 0; start < bytes.Length && tokens.Count < 4_096;)
        {
            var length = bytes.AsSpan(start).IndexOf((byte)'\n') + 1;
            var end = length == 0 ? bytes.Length : start + length;
            tokens.Add((start, end));
            start = end;
        }
        return tokens;
    }
}
