using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What attention does to its scores, row by row, in place: scale, softmax over the keys that are not padding, dropout; and the way back.</summary>
/// <remarks>Tensors are [B * A, queries, keys], contiguous, on the processor; bits are [B * A, queries, groups of 32 keys].</remarks>
internal static unsafe class AttentionKernel
{
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
        ParallelRows.ForEach(shape.Rows * shape.Heads, scores.numel(), slice => Softmax<T>((void*)start, (void*)droppedStart, (uint*)bitsStart, slice, shape, site));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Softmax<T>(void* scores, void* dropped, uint* bits, int slice, AttentionShape shape, DropoutSite? site) where T : IElement
    {
        var (row, head) = Math.DivRem(slice, shape.Heads);
        var padding = shape.Padding is null ? [] : shape.Padding.AsSpan(row * shape.Keys, shape.Keys);
        var draws = site?.Bits(row) ?? default;
        var (heads, groups, keep, factor) = (shape.Heads, shape.Groups, (float)(site?.Scale ?? 1), (float)shape.Scale);
        using var x = new RowBuffer(shape.Keys);
        for (var query = 0; query < shape.Queries; query++)
        {
            var index = (nint)slice * shape.Queries + query;
            x.Read<T>(scores, index * x.Length, beyond: float.NegativeInfinity);
            for (var key = 0; key < padding.Length; key++)
                if (padding[key]) x.Start[key] = float.NegativeInfinity;
            var inverse = 1 / x.Exponentials(factor).Sum;
            x.Write<T>(scores, index * x.Length, inverse);
            if (bits is null) continue;
            var mask = bits + index * groups;
            for (var group = 0; group < groups; group++) mask[group] = draws.Draw((uint)((query * heads + head) << AttentionShape.GroupBits | group));
            Drop(x, mask);
            x.Write<T>(dropped, index * x.Length, inverse * keep);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Drop(in RowBuffer x, uint* mask)
    {
        var end = x.Start + x.Padded;
        for (var at = x.Start; at < end; at += DropoutBits.Group, mask++)
        {
            (Vector512.Load(at) & DropoutBits.Mask(*mask)).Store(at);
            (Vector512.Load(at + RowBuffer.Lanes) & DropoutBits.Mask(*mask >> RowBuffer.Lanes)).Store(at + RowBuffer.Lanes);
        }
    }

    private static void Backward<T>(torch.Tensor probabilities, torch.Tensor dropped, torch.Tensor gradient, torch.Tensor? bits, AttentionShape shape, float dropoutScale) where T : IElement
    {
        nint start = probabilities.Address(), droppedStart = dropped.Address(), gradientStart = gradient.Address(), bitsStart = bits?.Address() ?? 0;
        ParallelRows.ForEach(shape.Rows * shape.Heads, gradient.numel(), slice => Backward<T>((void*)start, (void*)droppedStart, (void*)gradientStart, (uint*)bitsStart, slice, shape, dropoutScale));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Backward<T>(void* probabilities, void* dropped, void* gradient, uint* bits, int slice, AttentionShape shape, float dropoutScale) where T : IElement
    {
        var (groups, factor) = (shape.Groups, (float)shape.Scale);
        using RowBuffer p = new(shape.Keys), g = new(shape.Keys);
        for (var query = 0; query < shape.Queries; query++)
        {
            var index = (nint)slice * shape.Queries + query;
            var mask = bits + index * groups;
            p.Read<T>(probabilities, index * p.Length);
            g.Read<T>(gradient, index * p.Length);
            if (bits is not null) Drop(g, mask);
            // Dropout's scale is left to the last factor: the gradient is linear in it.
            SoftmaxGradient(p, g);
            g.Write<T>(gradient, index * p.Length, factor * dropoutScale);
            if (bits is null) continue;
            Drop(p, mask);
            p.Write<T>(dropped, index * p.Length, dropoutScale);
        }
    }

    // g becomes (g - sum of p g) p.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SoftmaxGradient(in RowBuffer p, in RowBuffer g)
    {
        float* probabilities = p.Start, gradients = g.Start;
        var length = p.Padded;
        var dot = Vector512<float>.Zero;
        for (var i = 0; i < length; i += RowBuffer.Lanes) dot = Vector512.FusedMultiplyAdd(Vector512.Load(probabilities + i), Vector512.Load(gradients + i), dot);
        var sum = Vector512.Create(Vector512.Sum(dot));
        for (var i = 0; i < length; i += RowBuffer.Lanes) ((Vector512.Load(gradients + i) - sum) * Vector512.Load(probabilities + i)).Store(gradients + i);
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

    public HeadLayout QueryLayout => new(Rows, Heads, Queries);

    public HeadLayout KeyLayout => new(Rows, Heads, Keys);
}
