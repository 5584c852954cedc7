using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.PLD;

/// <summary>
/// Which numbers of a row are kept, as a function of the row's key and their place: no generator with a state, so that any thread can draw any part.
/// </summary>
/// <remarks>
/// A place's 32 bits are two keyed rounds of Wellons' hash lowbias32 over the place; each half decides for one number, sixteen lanes at once. The key comes
/// from Philox (<see cref="RandomStream"/>), another one for each row, layer, and step. Probabilities are multiples of 1/65,536.
/// </remarks>
internal readonly struct DropoutBits
{
    /// <summary>Numbers whose fate one call of <see cref="Draw"/> decides.</summary>
    public const int Group = 32;

    private readonly uint _key0, _key1, _threshold;

    /// <param name="rate">The share dropped: 0 to 1.</param>
    /// <param name="stream">Gives the key.</param>
    public DropoutBits(double rate, RandomStream stream)
    {
        (_key0, _key1) = (stream.NextUInt32(), stream.NextUInt32());
        _threshold = Threshold(rate);
    }

    /// <summary>What kept numbers are multiplied by: one over the share that is really kept.</summary>
    public static double Scale(double rate) => 65_536.0 / (65_536 - Threshold(rate));

    /// <param name="group">Which 32 numbers.</param>
    /// <returns>A bit for each: 1 keeps.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Draw(uint group)
    {
        var lanes = Vector512.Create(group << 4) + Vector512<uint>.Indices;
        var random = Hash(Hash(lanes + Vector512.Create(_key0)) ^ Vector512.Create(_key1));
        var threshold = Vector512.Create(_threshold);
        var low = Vector512.GreaterThanOrEqual(random & Vector512.Create(0xFFFFu), threshold).ExtractMostSignificantBits();
        var high = Vector512.GreaterThanOrEqual(random >> 16, threshold).ExtractMostSignificantBits();
        return (uint)(low | high << 16);
    }

    /// <returns>All bits of a lane are set where its bit, of the lower 16, is.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Mask(uint bits)
    {
        var lane = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768);
        return Vector512.Equals(Vector512.Create(bits) & lane, lane).AsSingle();
    }

    private static uint Threshold(double rate) => (uint)Math.Round(rate * 65_536);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Hash(Vector512<uint> x)
    {
        x = (x ^ (x >> 16)) * Vector512.Create(0x7feb352du);
        x = (x ^ (x >> 15)) * Vector512.Create(0x846ca68bu);
        return x ^ (x >> 16);
    }
}
