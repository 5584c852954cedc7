using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>AdamW on the processor: one pass over the gradients for the norm, one over everything for the update, each on all cores.</summary>
/// <remarks>
/// The work is cut into chunks of a fixed size whose sums are added in order, so that the result does not depend on the number of threads.
/// </remarks>
/// <param name="threads">Null: as many as libtorch uses.</param>
internal sealed unsafe class VectorAdamWKernel(int? threads = null) : IAdamWKernel
{
    private const int ChunkSize = 1 << 15; // four arrays of 128 KiB: about what a core's second-level cache holds

    private readonly record struct Chunk(int Update, long Offset, int Length);

    private readonly record struct Memory(nint Weights, nint Gradient, nint FirstMoment, nint SecondMoment);

    public double Norm(IReadOnlyList<AdamWUpdate> updates)
    {
        var gradients = updates.Select(update => Address(update.Gradient)).ToArray();
        var chunks = Cut(updates);
        var sums = new double[chunks.Count];
        InParallel(chunks.Count, c => sums[c] = TensorPrimitives.SumOfSquares<float>(Floats(gradients[chunks[c].Update], chunks[c])));
        return Math.Sqrt(sums.Sum());
    }

    public void Apply(IReadOnlyList<AdamWUpdate> updates, AdamWOptions options, double gradientScale)
    {
        var memory = updates.Select(update => new Memory(
            Address(update.Slot.Weights), Address(update.Gradient), Address(update.Slot.FirstMoment), Address(update.Slot.SecondMoment))).ToArray();
        var chunks = Cut(updates);
        InParallel(chunks.Count, c =>
        {
            var chunk = chunks[c];
            var at = memory[chunk.Update];
            Apply(updates[chunk.Update], options, (float)gradientScale,
                Floats(at.Weights, chunk), Floats(at.Gradient, chunk), Floats(at.FirstMoment, chunk), Floats(at.SecondMoment, chunk));
        });
    }

    private static void Apply(
        in AdamWUpdate update, AdamWOptions options, float scale,
        Span<float> weights, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second)
    {
        float beta1 = (float)options.Beta1, beta2 = (float)options.Beta2, epsilon = (float)options.Epsilon;
        float rest1 = (float)(1 - options.Beta1), rest2 = (float)(1 - options.Beta2);
        float rate = -(float)update.Rate, rootScale = (float)update.RootScale, keep = (float)update.Keep;

        var w = MemoryMarshal.Cast<float, Vector<float>>(weights);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient)[..w.Length];
        var m = MemoryMarshal.Cast<float, Vector<float>>(first)[..w.Length];
        var v = MemoryMarshal.Cast<float, Vector<float>>(second)[..w.Length];
        Vector<float> beta1s = new(beta1), beta2s = new(beta2), epsilons = new(epsilon), rates = new(rate), rootScales = new(rootScale);
        for (var i = 0; i < w.Length; i++)
        {
            var clipped = g[i] * scale;
            m[i] = Vector.FusedMultiplyAdd(m[i], beta1s, clipped * rest1);
            v[i] = Vector.FusedMultiplyAdd(v[i], beta2s, clipped * clipped * rest2);
            var root = Vector.FusedMultiplyAdd(Vector.SquareRoot(v[i]), rootScales, epsilons);
            w[i] = Vector.FusedMultiplyAdd(m[i] / root, rates, w[i] * keep);
        }

        for (var i = w.Length * Vector<float>.Count; i < weights.Length; i++) // the same, for what fills no vector
        {
            var clipped = gradient[i] * scale;
            first[i] = MathF.FusedMultiplyAdd(first[i], beta1, clipped * rest1);
            second[i] = MathF.FusedMultiplyAdd(second[i], beta2, clipped * clipped * rest2);
            var root = MathF.FusedMultiplyAdd(MathF.Sqrt(second[i]), rootScale, epsilon);
            weights[i] = MathF.FusedMultiplyAdd(first[i] / root, rate, weights[i] * keep);
        }
    }

    private static List<Chunk> Cut(IReadOnlyList<AdamWUpdate> updates)
    {
        var chunks = new List<Chunk>();
        for (var u = 0; u < updates.Count; u++)
        {
            var length = updates[u].Gradient.numel();
            for (long offset = 0; offset < length; offset += ChunkSize) chunks.Add(new(u, offset, (int)Math.Min(ChunkSize, length - offset)));
        }
        return chunks;
    }

    private void InParallel(int count, Action<int> work)
    {
        var workers = threads ?? torch.get_num_threads();
        if (workers > 1 && count > 1) Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = workers }, work);
        else for (var i = 0; i < count; i++) work(i);
    }

    // libtorch's memory does not move, so an address outlives the span that it is taken from; the tensors outlive the step.
    private static nint Address(torch.Tensor tensor)
    {
        fixed (byte* start = tensor.bytes) return (nint)start;
    }

    private static Span<float> Floats(nint start, in Chunk chunk) => new((float*)start + chunk.Offset, chunk.Length);
}
