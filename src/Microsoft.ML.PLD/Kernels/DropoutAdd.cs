using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>stream + scale * dropout(branch) in one pass over memory, on the processor.</summary>
/// <remarks>Kept for the backward pass: one bit a number. The gradient of the stream is the incoming one itself.</remarks>
internal sealed unsafe class DropoutAdd : LeanFunction<DropoutAdd>
{
    /// <param name="stream">What is added to, in the shape and type of <paramref name="branch"/>; null: nothing.</param>
    /// <param name="branch">float32 or bfloat16; its first dimension is a multiple of the site's rows.</param>
    /// <param name="scale">Multiplies the branch, after dropout's own scale.</param>
    /// <param name="site">Draws the bits.</param>
    public static torch.Tensor Apply(torch.Tensor? stream, torch.Tensor branch, double scale, DropoutSite site) =>
        stream is null ? Run(branch, scale, site) : Run(branch, scale, site, stream);

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
    {
        var (branch, scale, site) = (((torch.Tensor)inputs[0]).contiguous(), (double)inputs[1], (DropoutSite)inputs[2]);
        var stream = inputs.Length > 3 ? ((torch.Tensor)inputs[3]).contiguous() : null;
        var result = torch.empty_like(branch);
        var bits = torch.empty([site.Rows, Groups(branch, site)], torch.int32);
        var factor = (float)(scale * site.Scale);
        if (branch.dtype == torch.bfloat16) Forward<BFloat16Element>(branch, stream, result, bits, factor, site);
        else if (branch.dtype == torch.float32) Forward<Float32Element>(branch, stream, result, bits, factor, site);
        else throw new NotSupportedException($"Dropout in {branch.dtype}; expected Float32 or BFloat16.");

        Save(context, bits);
        context.save_data("factor", factor);
        context.save_data("hasStream", stream is not null);
        return result;
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var incoming = gradient.contiguous();
        var result = torch.empty_like(incoming);
        var factor = (float)context.get_data("factor");
        if (incoming.dtype == torch.bfloat16) Backward<BFloat16Element>(incoming, result, saved[0], factor);
        else Backward<Float32Element>(incoming, result, saved[0], factor);
        return (bool)context.get_data("hasStream") ? [result, null, null, gradient.alias()] : [result, null, null];
    }

    private static long Groups(torch.Tensor x, DropoutSite site) => (x.numel() / site.Rows + DropoutBits.Group - 1) / DropoutBits.Group;

    private static void Forward<T>(torch.Tensor branch, torch.Tensor? stream, torch.Tensor result, torch.Tensor bits, float factor, DropoutSite site) where T : IElement
    {
        var (groups, length) = ((int)bits.shape[1], (int)(branch.numel() / site.Rows));
        nint from = branch.Address(), to = result.Address(), added = stream?.Address() ?? 0, kept = bits.Address();
        ParallelRows.ForEach(site.Rows, branch.numel(), row =>
        {
            var mask = (uint*)kept + (nint)row * groups;
            Draw(site.Bits(row), mask, groups);
            Row<T>((void*)from, (void*)added, (void*)to, (nint)row * length, length, mask, factor);
        });
    }

    private static void Backward<T>(torch.Tensor gradient, torch.Tensor result, torch.Tensor bits, float factor) where T : IElement
    {
        var (rows, groups) = ((int)bits.shape[0], (int)bits.shape[1]);
        var length = (int)(gradient.numel() / rows);
        nint from = gradient.Address(), to = result.Address(), kept = bits.Address();
        ParallelRows.ForEach(rows, gradient.numel(), row => Row<T>((void*)from, null, (void*)to, (nint)row * length, length, (uint*)kept + (nint)row * groups, factor));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Draw(DropoutBits draws, uint* mask, int groups)
    {
        for (var group = 0; group < groups; group++) mask[group] = draws.Draw((uint)group);
    }

    // to = factor * what is kept of from + added.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<T>(void* from, void* added, void* to, nint at, int length, uint* mask, float factor) where T : IElement
    {
        var factors = Vector512.Create(factor);
        var i = 0;
        for (; i + DropoutBits.Group <= length; i += DropoutBits.Group, mask++)
        {
            var first = (T.Load(from, at + i) * factors) & DropoutBits.Mask(*mask);
            var second = (T.Load(from, at + i + RowBuffer.Lanes) * factors) & DropoutBits.Mask(*mask >> RowBuffer.Lanes);
            if (added != null)
            {
                first += T.Load(added, at + i);
                second += T.Load(added, at + i + RowBuffer.Lanes);
            }
            T.Store(first, second, to, at + i);
        }
        for (var place = 0; i < length; i++, place++)
            T.Set(((*mask >> place & 1) != 0 ? T.Get(from, at + i) * factor : 0) + (added == null ? 0 : T.Get(added, at + i)), to, at + i);
    }
}
