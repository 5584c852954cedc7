namespace Microsoft.ML.PLD;

/// <summary>What a random number is drawn for. Two purposes never share a number. The values are part of the format of a run: do not reorder.</summary>
internal enum RandomPurpose : byte
{
    Gates = 1,
    Masking = 2,
    Shuffling = 3,
    NextSentence = 4,
    Dropout = 5,
    Initialization = 6,
    Validation = 7,
    Subset = 8,
    Depth = 9,
}

/// <summary>
/// Random numbers as a function of (seed, purpose, step, index), with no state to keep: the same on every rank, after a resume, and in any order.
/// </summary>
/// <remarks>Philox4x32-10: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011. A mutable struct: pass it by reference.</remarks>
internal struct RandomStream
{
    private readonly uint _key0, _key1, _index, _step, _top;
    private uint _block; // counts the groups of four numbers drawn so far
    private uint _r0, _r1, _r2, _r3;
    private int _left;

    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the numbers are for.</param>
    /// <param name="step">0 to 2^44 - 1.</param>
    /// <param name="index">0 to 2^44 - 1, for example of a sample or of a block.</param>
    public RandomStream(ulong seed, RandomPurpose purpose, long step, long index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, 1L << 44);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, 1L << 44);
        (_key0, _key1) = ((uint)seed, (uint)(seed >> 32));
        (_index, _step) = ((uint)index, (uint)step);
        _top = (uint)purpose << 24 | (uint)(step >> 32) << 12 | (uint)(index >> 32);
    }

    public uint NextUInt32()
    {
        if (_left == 0)
        {
            (_r0, _r1, _r2, _r3) = Philox(_block++, _index, _step, _top, _key0, _key1);
            _left = 4;
        }
        return _left-- switch { 4 => _r0, 3 => _r1, 2 => _r2, _ => _r3 };
    }

    public ulong NextUInt64() => (ulong)NextUInt32() << 32 | NextUInt32();

    /// <summary>Uniform in [0, 1), with 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="bound"/>), exactly (Lemire's method with rejection).</summary>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var product = (ulong)NextUInt32() * (uint)bound;
        if ((uint)product < (uint)bound)
        {
            var threshold = (0u - (uint)bound) % (uint)bound;
            while ((uint)product < threshold) product = (ulong)NextUInt32() * (uint)bound;
        }
        return (int)(product >> 32);
    }

    /// <summary>Uniform in [0, <paramref name="bound"/>); its bias is below bound / 2^64.</summary>
    public long NextInt64(long bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        return (long)Math.BigMul(NextUInt64(), (ulong)bound, out _);
    }

    internal static (uint, uint, uint, uint) Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            ulong product0 = 0xD2511F53UL * c0, product1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return (c0, c1, c2, c3);
    }
}
