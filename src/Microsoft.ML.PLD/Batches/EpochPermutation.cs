using System.Numerics;

namespace Microsoft.ML.PLD;

/// <summary>The order in which an epoch visits its chunks: a random permutation that is computed where it is asked for, and stored nowhere.</summary>
/// <remarks>
/// A Feistel network is a permutation of 2^(2h) numbers whatever its round function; walking its cycles until a number falls below the count
/// restricts it to that many (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", CT-RSA 2002). Fewer than 4 walks on average.
/// </remarks>
internal readonly struct EpochPermutation
{
    private const int Rounds = 6;

    private readonly ulong _seed;
    private readonly RandomPurpose _purpose;
    private readonly long _epoch, _count;
    private readonly int _halfBits;

    // count: 1 to 2^44
    public EpochPermutation(ulong seed, RandomPurpose purpose, long epoch, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1L << 44);
        (_seed, _purpose, _epoch, _count) = (seed, purpose, epoch, count);
        var bits = 64 - BitOperations.LeadingZeroCount((ulong)(count - 1));
        _halfBits = Math.Max(1, (bits + 1) / 2);
    }

    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(place);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, _count);
            do place = Encrypt(place);
            while (place >= _count);
            return place;
        }
    }

    private long Encrypt(long place)
    {
        var mask = (1L << _halfBits) - 1;
        var (left, right) = (place >> _halfBits, place & mask);
        for (var round = 1; round <= Rounds; round++)
        {
            // Rounds count from 1: indices below 2^32 are free for other draws of the epoch.
            var random = new RandomStream(_seed, _purpose, _epoch, (long)round << 32 | right).NextUInt32();
            (left, right) = (right, left ^ (random & mask));
        }
        return left << _halfBits | right;
    }
}
