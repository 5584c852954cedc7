using System.Text;
using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Text made of tokens: they are exchanged for others, swapped, left out, repeated.</summary>
internal abstract class TokenFormat : BinaryFormat
{
    public override byte[] Mutate(byte[] bytes, byte[] other, PCG random)
    {
        if (random.Next(4) == 0) return base.Mutate(bytes, other, random);
        var tokens = Tokens(bytes);
        if (tokens.Count == 0) return base.Mutate(bytes, other, random);
        var first = Below(tokens.Count, random);
        for (var again = random.Next(8); again > 0 && !IsValue(bytes[tokens[first].Start]); again--) first = Below(tokens.Count, random);
        var last = Math.Min(tokens.Count - 1, first + Below(random.Next(4) == 0 ? 12 : 1, random));
        var (at, end) = (tokens[first].Start, tokens[last].End);
        switch (random.Next(8))
        {
            case 0:
                return [.. bytes[..at], .. bytes[end..]];
            case 1:
                return Repeat(bytes, at, end, random);
            case 2: // to another place
                var place = tokens[Below(tokens.Count, random)];
                return [.. bytes[..place.Start], .. bytes[at..end], .. bytes[place.Start..]];
            case 3: // of another file
                var theirs = Tokens(other);
                if (theirs.Count == 0) return bytes;
                var begin = Below(theirs.Count, random);
                var their = other[theirs[begin].Start..theirs[Math.Min(theirs.Count - 1, begin + Below(10, random))].End];
                return [.. bytes[..at], .. their, .. bytes[(random.Next(2) == 0 ? at : end)..]];
            default:
                return [.. bytes[..at], .. Replacement(bytes.AsSpan(at, end - at), random), .. bytes[end..]];
        }
    }

    protected abstract List<(int Start, int End)> Tokens(byte[] bytes);

    /// <summary>Whether a token that begins with this byte can be exchanged for another one, and the text remain what it is.</summary>
    protected virtual bool IsValue(byte first) => true;

    protected abstract byte[] Replacement(ReadOnlySpan<byte> token, PCG random);

    protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
