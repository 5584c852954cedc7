using CsCheck;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Makes inputs out of good files: input number n is a function of the seed and n, in any order and in any process.</summary>
internal sealed class Mutator(IReadOnlyList<FuzzSeed> seeds, ulong seed)
{
    private const int MostChanges = 8;

    public byte[] Make(long number)
    {
        var random = new PCG((uint)number, (seed + (ulong)number) * 0x9E3779B97F4A7C15);
        random.Next(); // the first number of neighbouring streams is alike
        var chosen = seeds[BinaryFormat.Below(seeds.Count, random)];
        var alike = seeds.Where(other => other.Format.GetType() == chosen.Format.GetType()).ToArray();
        var bytes = chosen.Bytes[chosen.Prefix..];
        for (var left = random.Next(2) == 0 ? 1 : 1 + BinaryFormat.Below(MostChanges, random); left > 0; left--)
        {
            var other = alike[BinaryFormat.Below(alike.Length, random)];
            bytes = chosen.Format.Mutate(bytes, other.Bytes[other.Prefix..], random);
        }
        if (random.Next(8) > 0) bytes = chosen.Format.Mend(bytes);
        return chosen.Prefix == 0 ? bytes : [.. chosen.Bytes[..chosen.Prefix], .. bytes];
    }
}
