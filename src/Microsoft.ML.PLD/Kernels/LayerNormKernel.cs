using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Layer normalization of the rows of a matrix, and the way back, on the processor.</summary>
internal static unsafe class LayerNormKernel
{
    /// <param name="x">[rows, H], contiguous, float32 or bfloat16.</param>
    /// <param name="weight">[H], float32.</param>
    /// <param name="bias">[H], float32.</param>
    /// <param name="result">Receives the normalized rows, as <paramref name="x"/>.</param>
    /// <param name="statistics">[rows, 2], float32: receives the mean of each row, and one over its standard deviation.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public static void Forward(torch.Tensor x, torch.Tensor weight, torch.Tensor bias, torch.Tensor result, torch.Tensor statistics, double epsilon)
    {
        if (weight.dtype != torch.float32 || bias.dtype != torch.float32) throw new NotSupportedException($"Layer normalization by weights in {weight.dtype}; expected Float32.");
        if (x.dtype == torch.bfloat16) Forward<BFloat16Element>(x, weight, bias, result, statistics, (float)epsilon);
        else if (x.dtype == torch.float32) Forward<Float32Element>(x, weight, bias, result, statistics, (float)epsilon);
        else throw new NotSupportedException($"Layer normalization in {x.dtype}; expected Float32 or BFloat16.");
    }

    /// <param name="x">As in the forward pass, and so are <paramref name="weight"/> and <paramref name="statistics"/>.</param>
    /// <param name="weight">[H]</param>
    /// <param name="statistics">[rows, 2]</param>
    /// <param name="gradient">Of the normalized rows, as <paramref name="x"/>.</param>
    /// <param name="result">Receives the gradient of <paramref name="x"/>.</param>
    /// <returns>[2, H], float32: the gradients of weight and bias.</returns>
    public static torch.Tensor Backward(torch.Tensor x, torch.Tensor weight, torch.Tensor statistics, torch.Tensor gradient, torch.Tensor result) =>
        x.dtype == torch.bfloat16 ? Backward<BFloat16Element>(x, weight, statistics, gradient, result) : Backward<Float32Element>(x, weight, statistics, gradient, result);

    private static void Forward<T>(torch.Tensor x, torch.Tensor weight, torch.Tensor bias, torch.Tensor result, torch.Tensor statistics, float epsilon) where T : IElement
    {
        var (rows, size) = ((int)x.shape[0], (int)x.shape[1]);
        nint from = x.Address(), weights = weight.Address(), biases = bias.Address(), to = result.Address(), kept = statistics.Address();
        ParallelRows.ForEachChunk(rows, x.numel(), (_, first, count) => Forward<T>((void*)from, (void*)weights, (void*)biases, (void*)to, (float*)kept, first, count, size, epsilon));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Forward<T>(void* from, void* weights, void* biases, void* to, float* statistics, int first, int count, int size, float epsilon) where T : IElement
    {
        using RowBuffer x = new(size), weight = new(size), bias = new(size);
        weight.Read<Float32Element>(weights, 0);
        bias.Read<Float32Element>(biases, 0);
        for (var row = first; row < first + count; row++)
        {
            x.Read<T>(from, (nint)row * size);
            var sum = Vector512<float>.Zero;
            for (var i = 0; i < x.Padded; i += RowBuffer.Lanes) sum += Vector512.Load(x.Start + i);
            var mean = Vector512.Sum(sum) / size;
            for (var i = size; i < x.Padded; i++) x.Start[i] = mean; // adds nothing to the variance

            var (means, squares) = (Vector512.Create(mean), Vector512<float>.Zero);
            for (var i = 0; i < x.Padded; i += RowBuffer.Lanes)
            {
                var distance = Vector512.Load(x.Start + i) - means;
                squares = Vector512.FusedMultiplyAdd(distance, distance, squares);
                distance.Store(x.Start + i);
            }
            var inverse = 1 / MathF.Sqrt(Vector512.Sum(squares) / size + epsilon);
            (statistics[2 * row], statistics[2 * row + 1]) = (mean, inverse);

            var inverses = Vector512.Create(inverse);
            for (var i = 0; i < x.Padded; i += RowBuffer.Lanes)
                Vector512.FusedMultiplyAdd(Vector512.Load(x.Start + i) * inverses, Vector512.Load(weight.Start + i), Vector512.Load(bias.Start + i)).Store(x.Start + i);
            x.Write<T>(to, (nint)row * size);
        }
    }

    private static torch.Tensor Backward<T>(torch.Tensor x, torch.Tensor weight, torch.Tensor statistics, torch.Tensor gradient, torch.Tensor result) where T : IElement
    {
        var (rows, size) = ((int)x.shape[0], (int)x.shape[1]);
        using var sums = torch.zeros(ParallelRows.Chunks(rows), 2, size);
        nint from = x.Address(), weights = weight.Address(), kept = statistics.Address(), gradients = gradient.Address(), to = result.Address(), sumsStart = sums.Address();
        ParallelRows.ForEachChunk(rows, x.numel(), (chunk, first, count) => Backward<T>(
            (void*)from, (void*)weights, (float*)kept, (void*)gradients, (void*)to, (float*)sumsStart + (nint)chunk * 2 * size, first, count, size));
        return sums.sum(dim: 0L);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T>(void* from, void* weights, float* statistics, void* gradients, void* to, float* sums, int first, int count, int size) where T : IElement
    {
        using RowBuffer x = new(size), g = new(size), weight = new(size), weightSum = new(size), biasSum = new(size);
        weight.Read<Float32Element>(weights, 0);
        weightSum.Read<Float32Element>(sums, 0); // zeros
        biasSum.Read<Float32Element>(sums, 0);
        for (var row = first; row < first + count; row++)
        {
            var (mean, inverse) = (statistics[2 * row], statistics[2 * row + 1]);
            x.Read<T>(from, (nint)row * size, beyond: mean);
            g.Read<T>(gradients, (nint)row * size);
            var (means, inverses) = (Vector512.Create(mean), Vector512.Create(inverse));
            Vector512<float> sum = Vector512<float>.Zero, dot = Vector512<float>.Zero;
            for (var i = 0; i < x.Padded; i += RowBuffer.Lanes)
            {
                var normalized = (Vector512.Load(x.Start + i) - means) * inverses;
                var incoming = Vector512.Load(g.Start + i);
                Vector512.FusedMultiplyAdd(incoming, normalized, Vector512.Load(weightSum.Start + i)).Store(weightSum.Start + i);
                (incoming + Vector512.Load(biasSum.Start + i)).Store(biasSum.Start + i);
                incoming *= Vector512.Load(weight.Start + i);
                sum += incoming;
                dot = Vector512.FusedMultiplyAdd(incoming, normalized, dot);
                normalized.Store(x.Start + i);
                incoming.Store(g.Start + i);
            }
            var (meanGradient, slope) = (Vector512.Create(Vector512.Sum(sum) / size), Vector512.Create(Vector512.Sum(dot) / size));
            for (var i = 0; i < x.Padded; i += RowBuffer.Lanes)
                (Vector512.Load(g.Start + i) - meanGradient - Vector512.Load(x.Start + i) * slope).Store(g.Start + i);
            g.Write<T>(to, (nint)row * size, inverse);
        }
        weightSum.Write<Float32Element>(sums, 0);
        biasSum.Write<Float32Element>(sums, size);
    }
}
