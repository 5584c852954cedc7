using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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

    private readonly record struct Memory(nint Weights, nint FirstMoment, nint SecondMoment, nint Copy);

    // Of a gradient: all of it, or the rows with these numbers, one after the other.
    private readonly record struct Part(nint Start, bool IsBFloat16, long[]? Rows, int Width)
    {
        public static Part Of(torch.Tensor gradient)
        {
            if (!gradient.is_sparse) return new Part(gradient.Address(), gradient.dtype == torch.bfloat16, null, 0);
            var (indices, values) = (gradient.SparseIndices, gradient.SparseValues); // views: the gradient owns the memory
            long[] rows = [.. indices.data<long>()];
            var isInOrder = rows.AsSpan().IndexOfAnyExceptInRange(0, gradient.shape[0] - 1) < 0 && Enumerable.Range(1, Math.Max(0, rows.Length - 1)).All(i => rows[i - 1] < rows[i]);
            return isInOrder && values.dtype == torch.float32 && indices.shape[0] == 1
                ? new Part(values.Address(), false, rows, (int)gradient.shape[1])
                : Of(gradient.to_dense()); // a sum of several, for example
        }
    }

    public double Norm(IReadOnlyList<AdamWUpdate> updates)
    {
        var gradients = updates.Select(Parts).ToArray();
        var chunks = Cut(updates);
        var sums = new double[chunks.Count];
        InParallel(chunks.Count, c =>
        {
            using var scratch = new Scratch();
            sums[c] = TensorPrimitives.SumOfSquares(Sum(gradients[chunks[c].Update], chunks[c], scratch));
        });
        return Math.Sqrt(sums.Sum());
    }

    public void Apply(IReadOnlyList<AdamWUpdate> updates, AdamWOptions options, double gradientScale)
    {
        var gradients = updates.Select(Parts).ToArray();
        var memory = updates.Select(update => new Memory(
            update.Slot.Weights.Address(), update.Slot.FirstMoment.Address(), update.Slot.SecondMoment.Address(), BFloat16Copy(update.Slot))).ToArray();
        var chunks = Cut(updates);
        InParallel(chunks.Count, c =>
        {
            using var scratch = new Scratch();
            var chunk = chunks[c];
            var at = memory[chunk.Update];
            var weights = Floats(at.Weights, chunk);
            Apply(updates[chunk.Update], options, (float)gradientScale,
                weights, Sum(gradients[chunk.Update], chunk, scratch), Floats(at.FirstMoment, chunk), Floats(at.SecondMoment, chunk));
            if (at.Copy != 0) Round(weights, (ushort*)at.Copy + chunk.Offset);
        });
        // What is not a bfloat16 copy.
        foreach (var update in updates)
            if (BFloat16Copy(update.Slot) == 0) update.Slot.Refresh();
    }

    private static Part[] Parts(AdamWUpdate update) => [.. update.Gradients.OrderBy(gradient => gradient.is_sparse).Select(Part.Of)];

    private static nint BFloat16Copy(AdamWSlot slot) => slot.Copy is { } copy && copy.dtype == torch.bfloat16 ? copy.Address() : 0;

    // The chunk's part of the gradient: a lone float32 one as it lies there.
    private static ReadOnlySpan<float> Sum(Part[] parts, in Chunk chunk, Scratch scratch)
    {
        if (parts is [{ IsBFloat16: false, Rows: null } only]) return Floats(only.Start, chunk);
        var sum = scratch.Floats[..chunk.Length];
        if (parts[0].Rows is not null) sum.Clear();
        for (var part = 0; part < parts.Length; part++)
        {
            if (parts[part].Rows is { } rows) AddRows(sum, chunk.Offset, parts[part], rows);
            else if (parts[part].IsBFloat16) Accumulate<BFloat16Element>(sum, (ushort*)parts[part].Start + chunk.Offset, first: part == 0);
            else Accumulate<Float32Element>(sum, (float*)parts[part].Start + chunk.Offset, first: part == 0);
        }
        return sum;
    }

    private static void AddRows(Span<float> sum, long offset, in Part part, long[] rows)
    {
        var found = Array.BinarySearch(rows, offset / part.Width);
        for (var row = found < 0 ? ~found : found; row < rows.Length && rows[row] * part.Width < offset + sum.Length; row++)
        {
            // A chunk may begin and end within a row.
            var begin = Math.Max(rows[row] * part.Width, offset);
            var end = Math.Min((rows[row] + 1) * part.Width, offset + sum.Length);
            var values = new ReadOnlySpan<float>((float*)part.Start + (nint)row * part.Width + (begin - rows[row] * part.Width), (int)(end - begin));
            var place = sum.Slice((int)(begin - offset), values.Length);
            TensorPrimitives.Add(place, values, place);
        }
    }

    private static void Accumulate<T>(Span<float> sum, void* from, bool first) where T : IElement
    {
        fixed (float* to = sum)
        {
            nint i = 0;
            for (; i + Vector512<float>.Count <= sum.Length; i += Vector512<float>.Count)
                (first ? T.Load(from, i) : Vector512.Load(to + i) + T.Load(from, i)).Store(to + i);
            for (; i < sum.Length; i++) to[i] = first ? T.Get(from, i) : to[i] + T.Get(from, i);
        }
    }

    private static void Round(ReadOnlySpan<float> weights, ushort* copy)
    {
        fixed (float* from = weights)
        {
            nint i = 0;
            for (; i + Vector512<float>.Count <= weights.Length; i += Vector512<float>.Count) BFloat16Element.Store(Vector512.Load(from + i), copy, i);
            for (; i < weights.Length; i++) BFloat16Element.Set(from[i], copy, i);
        }
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
            var length = updates[u].Slot.Weights.numel();
            for (long offset = 0; offset < length; offset += ChunkSize) chunks.Add(new(u, offset, (int)Math.Min(ChunkSize, length - offset)));
        }
        return chunks;
    }

    private void InParallel(int count, Action<int> work)
    {
        var workers = threads ?? torch.get_num_threads();
        if (workers > 1 && count > 1) OpenMPTeam.For(count, workers, work);
        else for (var i = 0; i < count; i++) work(i);
    }

    private static Span<float> Floats(nint start, in Chunk chunk) => new((float*)start + chunk.Offset, chunk.Length);

    // Room for a chunk's gradient, from the pool.
    private readonly ref struct Scratch() : IDisposable
    {
        private readonly float[] _rented = ArrayPool<float>.Shared.Rent(ChunkSize);

        public Span<float> Floats => _rented;

        public void Dispose() => ArrayPool<float>.Shared.Return(_rented);
    }
}
