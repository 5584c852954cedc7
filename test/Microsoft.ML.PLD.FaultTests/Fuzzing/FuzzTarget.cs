namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A parser of files that may come from a stranger.</summary>
/// <param name="Name">What it parses.</param>
/// <param name="Seeds">Right files, each in parts that are mutated one by one: of one file with lengths or checksums in it, what these are of.</param>
/// <param name="Assemble">Makes the files that are parsed of mutated parts: with lengths and checksums that are right, or wrong ones.</param>
/// <param name="Parse">Parses, and uses what it got. May throw <see cref="InvalidDataException"/>, and nothing else.</param>
/// <param name="Factor">Bytes of managed memory, taken one after the other, for each byte of the file.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[][]> Seeds, Func<byte[][], Random, byte[][]> Assemble, Action<byte[][]> Parse, int Factor)
{
    /// <summary>What is taken for objects whose number does not depend on the file, exceptions and their messages among them.</summary>
    public const int Allowance = 96 << 10;

    /// <summary>The file with this number: a function of seed and number.</summary>
    public byte[][] Input(int seed, long number)
    {
        var random = new Random(HashCode(seed, number));
        var mutator = new Mutator(random, Seeds);
        return Assemble(mutator.Mutate(Seeds[random.Next(Seeds.Count)]), random);
    }

    // A mix of both, the same in every process.
    private static int HashCode(int seed, long number) => (int)new RandomStream((ulong)(uint)seed, RandomPurpose.Shuffling, number).NextUInt32();
}
