using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>x Phi(x), Phi being the standard normal distribution: the exact GELU (Hendrycks and Gimpel 2016), on the processor.</summary>
internal static unsafe class GeluKernel
{
    /// <param name="x">Contiguous, float32 or bfloat16.</param>
    /// <param name="values">Receives the function's values; may be <paramref name="x"/> itself.</param>
    /// <param name="slopes">Receives its derivatives; may be <paramref name="x"/> itself. Null: not wanted.</param>
    public static void Apply(torch.Tensor x, torch.Tensor values, torch.Tensor? slopes = null)
    {
        if (x.dtype == torch.bfloat16) Apply<BFloat16Element>(x, values, slopes);
        else if (x.dtype == torch.float32) Apply<Float32Element>(x, values, slopes);
        else throw new NotSupportedException($"GELU in {x.dtype}; expected Float32 or BFloat16.");
    }

    private static void Apply<T>(torch.Tensor x, torch.Tensor values, torch.Tensor? slopes) where T : IElement
    {
        nint from = x.Address(), to = values.Address(), slopesTo = slopes?.Address() ?? 0;
        ParallelRows.ForEachPiece(x.numel(), (start, length) => Piece<T>((void*)from, (void*)to, (void*)slopesTo, start, length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Piece<T>(void* from, void* to, void* slopesTo, nint start, int length) where T : IElement
    {
        var whole = length & -(2 * RowBuffer.Lanes);
        for (var i = start; i < start + whole; i += 2 * RowBuffer.Lanes)
        {
            var (value0, slope0) = At(T.Load(from, i));
            var (value1, slope1) = At(T.Load(from, i + RowBuffer.Lanes));
            T.Store(value0, value1, to, i);
            if (slopesTo != null) T.Store(slope0, slope1, slopesTo, i);
        }
        if (whole == length) return;

        using RowBuffer values = new(length - whole), slopes = new(length - whole);
        values.Read<T>(from, start + whole);
        for (var i = 0; i < values.Padded; i += RowBuffer.Lanes)
        {
            var (value, slope) = At(Vector512.Load(values.Start + i));
            value.Store(values.Start + i);
            slope.Store(slopes.Start + i);
        }
        values.Write<T>(to, start + whole);
        if (slopesTo != null) slopes.Write<T>(slopesTo, start + whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Value, Vector512<float> Slope) At(Vector512<float> x)
    {
        var (share, density) = VectorMath.Normal(x);
        return (x * share, Vector512.FusedMultiplyAdd(x, density, share));
    }
}
