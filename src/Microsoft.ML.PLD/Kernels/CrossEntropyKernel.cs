using System.Runtime.CompilerServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Softmax cross-entropy and its gradient in one go over each row of logits, on the processor.</summary>
internal static unsafe class CrossEntropyKernel
{
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
        ParallelRows.ForEach(rows, logits.numel(), row => losses[row] = Row<T>((void*)start, (nint)row * columns, columns, labels.Span[row], scale));
        return losses.Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Row<T>(void* logits, nint at, int columns, int label, float scale) where T : IElement
    {
        using var x = new RowBuffer(columns);
        x.Read<T>(logits, at, beyond: float.NegativeInfinity);
        var right = x.Start[label];
        var (largest, sum) = x.Exponentials(1);
        x.Start[label] -= sum;
        x.Write<T>(logits, at, scale / sum);
        return Math.Log(sum) + largest - right;
    }
}
