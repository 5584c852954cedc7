using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>x Phi(x), Phi being the standard normal distribution: GELU by the error function (Hendrycks and Gimpel 2016), not its tanh form, on the processor.</summary>
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

    /// <summary>The gradient before the activation, and its sum over the rows, which is the bias's.</summary>
    /// <param name="gradient">[rows, columns], of the values.</param>
    /// <param name="slopes">[rows, columns], of <see cref="Apply(torch.Tensor, torch.Tensor, torch.Tensor?)"/>.</param>
    /// <param name="result">[rows, columns], receives the product of both.</param>
    /// <returns>[columns], float32</returns>
    public static torch.Tensor Backward(torch.Tensor gradient, torch.Tensor slopes, torch.Tensor result) =>
        gradient.dtype == torch.bfloat16 ? Backward<BFloat16Element>(gradient, slopes, result) : Backward<Float32Element>(gradient, slopes, result);

    private static torch.Tensor Backward<T>(torch.Tensor gradient, torch.Tensor slopes, torch.Tensor result) where T : IElement
    {
        var (rows, columns) = ((int)gradient.shape[0], (int)gradient.shape[1]);
        using var sums = torch.zeros(ParallelRows.Chunks(rows), columns);
        nint from = gradient.Address(), factors = slopes.Address(), to = result.Address(), sumsStart = sums.Address();
        ParallelRows.ForEachChunk(rows, gradient.numel(), (chunk, first, count) => Backward<T>(
            (void*)from, (void*)factors, (void*)to, (float*)sumsStart + (nint)chunk * columns, first, count, columns));
        return sums.sum(dim: 0L);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T>(void* gradient, void* slopes, void* result, float* sums, int first, int count, int columns) where T : IElement
    {
        var whole = columns & -(2 * RowBuffer.Lanes);
        for (var row = first; row < first + count; row++)
        {
            var at = (nint)row * columns;
            for (var i = 0; i < whole; i += 2 * RowBuffer.Lanes)
            {
                var x = T.Load(gradient, at + i) * T.Load(slopes, at + i);
                var y = T.Load(gradient, at + i + RowBuffer.Lanes) * T.Load(slopes, at + i + RowBuffer.Lanes);
                (Vector512.Load(sums + i) + x).Store(sums + i);
                (Vector512.Load(sums + i + RowBuffer.Lanes) + y).Store(sums + i + RowBuffer.Lanes);
                T.Store(x, y, result, at + i);
            }
            for (var i = whole; i < columns; i++)
            {
                var x = T.Get(gradient, at + i) * T.Get(slopes, at + i);
                sums[i] += x;
                T.Set(x, result, at + i);
            }
        }
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
