using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Microsoft.ML.PLD;

/// <summary>Functions of sixteen float32 numbers at once: .NET's own go through double precision.</summary>
internal static class VectorMath
{
    /// <summary>e^x, to within a few units of the last place; 0 below the smallest number, infinity above the largest.</summary>
    /// <remarks>The polynomial of Cephes' expf over half of ln 2 to each side of 0.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // Where the power of two is still an int. On x64 the second operand is kept where it is not a number.
        var within = Vector512.MinNative(Vector512.Create(104f), Vector512.MaxNative(Vector512.Create(-104f), x));
        var n = Vector512.Round(within * Vector512.Create(1.442695041f));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), within);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(1.9875691500e-4f), r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One;
        return TimesPowerOfTwo(p, n);
    }

    /// <summary>The standard normal distribution: the share below x, and the density at x.</summary>
    /// <remarks>By Abramowitz and Stegun 7.1.26: both to within 1e-7, absolutely.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Share, Vector512<float> Density) Normal(Vector512<float> x)
    {
        const float rootOfHalf = 0.70710678f, oneOverRootOf2Pi = 0.39894228f;
        var t = Vector512<float>.One / Vector512.FusedMultiplyAdd(Vector512.Abs(x), Vector512.Create(0.3275911f * rootOfHalf), Vector512<float>.One);
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(1.061405429f / 2), t, Vector512.Create(-1.453152027f / 2));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(1.421413741f / 2));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-0.284496736f / 2));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.254829592f / 2));
        var power = Exp(x * x * Vector512.Create(-0.5f));
        var tail = p * t * power;
        return (Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One - tail, tail), power * Vector512.Create(oneOverRootOf2Pi));
    }

    /// <summary>The largest of the sixteen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector512<float> x)
    {
        var eight = Vector256.MaxNative(x.GetLower(), x.GetUpper());
        var four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        var two = Vector128.MaxNative(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(two[0], two[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> TimesPowerOfTwo(Vector512<float> x, Vector512<float> power)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(x, power);
        // In two steps: 2^128 is no float32, but half of it is.
        var half = Vector512.ConvertToInt32Native(power) >> 1;
        return x * PowerOfTwo(half) * PowerOfTwo(Vector512.ConvertToInt32Native(power) - half);
    }

    private static Vector512<float> PowerOfTwo(Vector512<int> power) => ((power + Vector512.Create(127)) << 23).AsSingle();
}
