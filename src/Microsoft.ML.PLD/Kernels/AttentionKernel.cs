using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What attention does to its scores, row by row, in place: scale, softmax over the keys that are not padding, dropout; and the way back.</summary>
/// <remarks>Tensors are [B * A, queries, keys], contiguous, on the processor; bits are [B * A, queries, groups of 32 keys].</remarks>
internal static unsafe class AttentionKernel
{
    private const int Lanes = 16;

    /// <param name="scores">Q K^T; becomes the probabilities, before dropout.</param>
    /// <param name="dropped">Becomes the probabilities after dropout; null without dropout.</param>
    /// <param name="bits">What dropout keeps; null without dropout.</param>
    /// <param name="shape">B, A, S, and where the padding is.</param>
    /// <param name="site">Draws the bits; null without dropout.</param>
    public static void Softmax(torch.Tensor scores, torch.Tensor? dropped, torch.Tensor? bits, AttentionShape shape, DropoutSite? site)
    {
        if (scores.dtype == torch.bfloat16) Softmax<BFloat16Element>(scores, dropped, bits, shape, site);
        else if (scores.dtype == torch.float32) Softmax<Float32Element>(scores, dropped, bits, shape, site);
        else throw new NotSupportedException($"Attention in {scores.dtype}; expected Float32 or BFloat16.");
    }

    /// <param name="probabilities">Of <see cref="Softmax(torch.Tensor, torch.Tensor?, torch.Tensor?, AttentionShape, DropoutSite?)"/>.</param>
    /// <param name="dropped">With dropout: becomes the probabilities after it, once more.</param>
    /// <param name="gradient">Of the probabilities after dropout; becomes that of the scores.</param>
    /// <param name="bits">What dropout kept; null without dropout.</param>
    /// <param name="shape">As in the forward pass.</param>
    /// <param name="dropoutScale">What dropout multiplied by.</param>
    public static void SoftmaxBackward(torch.Tensor probabilities, torch.Tensor dropped, torch.Tensor gradient, torch.Tensor? bits, AttentionShape shape, double dropoutScale)
    {
        if (gradient.dtype == torch.bfloat16) Backward<BFloat16Element>(probabilities, dropped, gradient, bits, shape, (float)dropoutScale);
        else Backward<Float32Element>(probabilities, dropped, gradient, bits, shape, (float)dropoutScale);
    }

    private static void Softmax<T>(torch.Tensor scores, torch.Tensor? dropped, torch.Tensor? bits, AttentionShape shape, DropoutSite? site) where T : IElement
    {
        nint start = scores.Address(), droppedStart = dropped?.Address() ?? 0, bitsStart = bits?.Address() ?? 0;
        var (queries, length, groups, keep) = (shape.Queries, shape.Keys, shape.Groups, (float)(site?.Scale ?? 1));
        ParallelRows.ForEach(shape.Rows * shape.Heads, scores.numel(), slice =>
        {
            var (row, head) = Math.DivRem(slice, shape.Heads);
            var padding = shape.Padding is null ? [] : shape.Padding.AsSpan(row * length, length);
            var draws = site?.Bits(row) ?? default;
            var buffer = (float*)NativeMemory.AlignedAlloc((nuint)(shape.Groups * DropoutBits.Group * sizeof(float)), 64);
            for (var query = 0; query < queries; query++)
            {
                var at = ((nint)slice * queries + query) * length;
                var scale = Probabilities<T>((void*)start, at, length, padding, buffer, (float)shape.Scale);
                Write<T>(buffer, scale, (void*)start, at, length);
                if (droppedStart == 0) continue;
                var mask = (uint*)bitsStart + ((nint)slice * queries + query) * groups;
                for (var group = 0; group < groups; group++)
                {
                    var bit = mask[group] = draws.Draw((uint)((query * shape.Heads + head) << AttentionShape.GroupBits | group));
                    var x = buffer + group * DropoutBits.Group;
                    (Vector512.Load(x) & DropoutBits.Mask(bit)).Store(x);
                    (Vector512.Load(x + Lanes) & DropoutBits.Mask(bit >> 16)).Store(x + Lanes);
                }
                Write<T>(buffer, scale * keep, (void*)droppedStart, at, length);
            }
            NativeMemory.AlignedFree(buffer);
        });
    }

    // exp(scale * x - its maximum) into the buffer, zeros behind; returns one over the sum.
    private static float Probabilities<T>(void* scores, nint at, int length, ReadOnlySpan<bool> padding, float* buffer, float scale) where T : IElement
    {
        var scales = Vector512.Create(scale);
        var most = Vector512.Create(float.NegativeInfinity);
        var padded = (length + DropoutBits.Group - 1) / DropoutBits.Group * DropoutBits.Group;
        var i = 0;
        for (; i + Lanes <= length; i += Lanes) (T.Load(scores, at + i) * scales).Store(buffer + i);
        for (; i < padded; i++) buffer[i] = i < length ? T.Get(scores, at + i) * scale : float.NegativeInfinity;
        for (i = 0; i < padding.Length; i++)
            if (padding[i]) buffer[i] = float.NegativeInfinity;
        for (i = 0; i < padded; i += Lanes) most = Vector512.Max(most, Vector512.Load(buffer + i));

        var largest = float.NegativeInfinity;
        for (var lane = 0; lane < Lanes; lane++) largest = MathF.Max(largest, most[lane]);
        var shift = Vector512.Create(largest);
        var sum = Vector512<float>.Zero;
        for (i = 0; i < padded; i += Lanes)
        {
            var x = Vector512.Exp(Vector512.Load(buffer + i) - shift);
            sum += x;
            x.Store(buffer + i);
        }
        return 1 / Vector512.Sum(sum);
    }

    private static void Write<T>(float* buffer, float scale, void* to, nint at, int length) where T : IElement
    {
        var scales = Vector512.Create(scale);
        var i = 0;
        for (; i + Lanes <= length; i += Lanes) T.Store(Vector512.Load(buffer + i) * scales, to, at + i);
        for (; i < length; i++) T.Set(buffer[i] * scale, to, at + i);
    }

    private static void Backward<T>(torch.Tensor probabilities, torch.Tensor dropped, torch.Tensor gradient, torch.Tensor? bits, AttentionShape shape, float dropoutScale) where T : IElement
    {
        nint start = probabilities.Address(), droppedStart = dropped.Address(), gradientStart = gradient.Address(), bitsStart = bits?.Address() ?? 0;
        var (queries, length, groups) = (shape.Queries, shape.Keys, shape.Groups);
        ParallelRows.ForEach(shape.Rows * shape.Heads, gradient.numel(), slice =>
        {
            var size = (nuint)(groups * DropoutBits.Group);
            var p = (float*)NativeMemory.AlignedAlloc(size * sizeof(float), 64);
            var g = (float*)NativeMemory.AlignedAlloc(size * sizeof(float), 64);
            var padded = groups * DropoutBits.Group;
            for (var query = 0; query < queries; query++)
            {
                var at = ((nint)slice * queries + query) * length;
                Read<T>((void*)start, at, p, length, padded);
                Read<T>((void*)gradientStart, at, g, length, padded);
                var mask = bitsStart == 0 ? null : (uint*)bitsStart + ((nint)slice * queries + query) * groups;
                var scale = Vector512.Create(dropoutScale);
                var dot = Vector512<float>.Zero;
                for (var i = 0; i < padded; i += Lanes)
                {
                    var x = Vector512.Load(g + i);
                    if (mask is not null)
                    {
                        x = (x * scale) & DropoutBits.Mask(mask[i / DropoutBits.Group] >> (i & Lanes));
                        x.Store(g + i);
                    }
                    dot += Vector512.Load(p + i) * x;
                }
                var (sum, factor) = (Vector512.Create(Vector512.Sum(dot)), Vector512.Create((float)shape.Scale));
                for (var i = 0; i < padded; i += Lanes) ((Vector512.Load(g + i) - sum) * Vector512.Load(p + i) * factor).Store(g + i);
                Write<T>(g, 1, (void*)gradientStart, at, length);
                if (mask is null) continue;
                for (var i = 0; i < padded; i += Lanes) (Vector512.Load(p + i) & DropoutBits.Mask(mask[i / DropoutBits.Group] >> (i & Lanes))).Store(p + i);
                Write<T>(p, dropoutScale, (void*)droppedStart, at, length);
            }
            NativeMemory.AlignedFree(p);
            NativeMemory.AlignedFree(g);
        });
    }

    private static void Read<T>(void* from, nint at, float* buffer, int length, int padded) where T : IElement
    {
        var i = 0;
        for (; i + Lanes <= length; i += Lanes) T.Load(from, at + i).Store(buffer + i);
        for (; i < padded; i++) buffer[i] = i < length ? T.Get(from, at + i) : 0;
    }
}

/// <summary>What the scores of a micro-batch look like.</summary>
/// <param name="Rows">B</param>
/// <param name="Heads">A</param>
/// <param name="Queries">Queries of each row.</param>
/// <param name="Keys">Keys of each row, S.</param>
/// <param name="Scale">What the scores are multiplied by: 1 / sqrt(D).</param>
/// <param name="Padding">[B * S], true where a key is padding; null: nowhere.</param>
internal sealed record AttentionShape(int Rows, int Heads, int Queries, int Keys, double Scale, bool[]? Padding)
{
    // Room for 2^17 keys: the same bits whatever the padding, as long as queries * heads are fewer than 2^16.
    public const int GroupBits = 12;

    /// <summary>Groups of dropout bits in a row of keys.</summary>
    public int Groups => (Keys + DropoutBits.Group - 1) / DropoutBits.Group;
}
