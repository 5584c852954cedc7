using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Softmax cross-entropy and its gradient in one go over each row of logits, on the processor.</summary>
internal static unsafe class CrossEntropyKernel
{
    private const int Lanes = 16;

    /// <param name="logits">[M, V], contiguous; become the gradient of scale * the sum of the losses.</param>
    /// <param name="labels">[M], the right column of each row.</param>
    /// <param name="scale">What the losses are multiplied by.</param>
    /// <returns>The sum of the losses, not scaled.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A label is not a column.</exception>
    public static double Apply(torch.Tensor logits, ReadOnlyMemory<int> labels, double scale)
    {
        foreach (var label in labels.Span)
            if (label < 0 || label >= logits.shape[1]) throw new ArgumentOutOfRangeException(nameof(labels), label, $"The label {label} is not one of {logits.shape[1]} columns.");
        return logits.dtype == torch.bfloat16 ? Apply<BFloat16Element>(logits, labels, (float)scale)
            : logits.dtype == torch.float32 ? Apply<Float32Element>(logits, labels, (float)scale)
            : throw new NotSupportedException($"Cross-entropy in {logits.dtype}; expected Float32 or BFloat16.");
    }

    private static double Apply<T>(torch.Tensor logits, ReadOnlyMemory<int> labels, float scale) where T : IElement
    {
        var (rows, columns) = ((int)logits.shape[0], (int)logits.shape[1]);
        var start = logits.Address();
        var losses = new double[rows]; // added in order at the end: the same sum on any number of threads
        ParallelRows.ForEach(rows, logits.numel(), row =>
        {
            var buffer = (float*)NativeMemory.AlignedAlloc((nuint)(columns + Lanes) * sizeof(float), 64);
            losses[row] = Row<T>((void*)start, (nint)row * columns, columns, labels.Span[row], scale, buffer);
            NativeMemory.AlignedFree(buffer);
        });
        return losses.Sum();
    }

    private static double Row<T>(void* logits, nint at, int columns, int label, float scale, float* buffer) where T : IElement
    {
        var most = Vector512.Create(float.NegativeInfinity);
        var i = 0;
        for (; i + Lanes <= columns; i += Lanes)
        {
            var x = T.Load(logits, at + i);
            most = Vector512.Max(most, x);
            x.Store(buffer + i);
        }
        var padded = (columns + Lanes - 1) & -Lanes;
        for (; i < padded; i++) buffer[i] = i < columns ? T.Get(logits, at + i) : float.NegativeInfinity;
        if (columns < padded) most = Vector512.Max(most, Vector512.Load(buffer + padded - Lanes));
        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < Lanes; lane++) largest = MathF.Max(largest, most[lane]);
        var right = buffer[label];

        var (shift, sums) = (Vector512.Create(largest), Vector512<float>.Zero);
        for (i = 0; i < padded; i += Lanes)
        {
            var x = Vector512.Exp(Vector512.Load(buffer + i) - shift);
            sums += x;
            x.Store(buffer + i);
        }
        var sum = Vector512.Sum(sums);
        buffer[label] -= sum;

        var factor = scale / sum;
        var factors = Vector512.Create(factor);
        for (i = 0; i + Lanes <= columns; i += Lanes) T.Store(Vector512.Load(buffer + i) * factors, logits, at + i);
        for (; i < columns; i++) T.Set(buffer[i] * factor, logits, at + i);
        return Math.Log(sum) + largest - right;
    }
}
