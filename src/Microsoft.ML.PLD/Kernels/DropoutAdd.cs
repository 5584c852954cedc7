using System.Runtime.Intrinsics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>stream + scale * dropout(branch) in one pass over memory, on the processor.</summary>
/// <remarks>Kept for the backward pass: one bit a number. The gradient of the stream is the incoming one itself.</remarks>
internal sealed unsafe class DropoutAdd : torch.autograd.SingleTensorFunction<DropoutAdd>
{
    public override string Name => nameof(DropoutAdd);

    /// <param name="stream">What is added to, in the shape and type of <paramref name="branch"/>; null: nothing.</param>
    /// <param name="branch">float32 or bfloat16; its first dimension is a multiple of the site's rows.</param>
    /// <param name="scale">Multiplies the branch, after dropout's own scale.</param>
    /// <param name="site">Draws the bits.</param>
    public static torch.Tensor Apply(torch.Tensor? stream, torch.Tensor branch, double scale, DropoutSite site) =>
        stream is null ? apply(branch, scale, site) : apply(branch, scale, site, stream);

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (branch, scale, site) = ((torch.Tensor)vars[0], (double)vars[1], (DropoutSite)vars[2]);
        using var scope = torch.NewDisposeScope();
        var branchNow = branch.contiguous();
        var streamNow = vars.Length > 3 ? ((torch.Tensor)vars[3]).contiguous() : null;
        var result = torch.empty_like(branchNow);
        var bits = torch.empty([site.Rows, Groups(branch, site)], torch.int32);
        var factor = (float)(scale * site.Scale);
        if (branch.dtype == torch.bfloat16) Forward<BFloat16Element>(branchNow, streamNow, result, bits, factor, site);
        else if (branch.dtype == torch.float32) Forward<Float32Element>(branchNow, streamNow, result, bits, factor, site);
        else throw new NotSupportedException($"Dropout in {branch.dtype}; expected Float32 or BFloat16.");

        ctx.save_for_backward([bits.MoveToOuterDisposeScope()]);
        ctx.save_data("factor", factor);
        ctx.save_data("hasStream", streamNow is not null);
        return result.MoveToOuterDisposeScope();
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var bits = ctx.get_saved_variables()[0];
        var gradient = grad_output.contiguous();
        var result = torch.empty_like(gradient);
        var factor = (float)ctx.get_data("factor");
        if (gradient.dtype == torch.bfloat16) Backward<BFloat16Element>(gradient, result, bits, factor);
        else Backward<Float32Element>(gradient, result, bits, factor);
        result.MoveToOuterDisposeScope();
        return (bool)ctx.get_data("hasStream") ? [result, null!, null!, grad_output] : [result, null!, null!];
    }

    private static long Groups(torch.Tensor x, DropoutSite site) => (x.numel() / site.Rows + DropoutBits.Group - 1) / DropoutBits.Group;

    private static void Forward<T>(torch.Tensor branch, torch.Tensor? stream, torch.Tensor result, torch.Tensor bits, float factor, DropoutSite site) where T : IElement
    {
        var (groups, length) = ((int)bits.shape[1], (int)(branch.numel() / site.Rows));
        nint from = branch.Address(), to = result.Address(), added = stream?.Address() ?? 0, kept = bits.Address();
        ParallelRows.ForEach(site.Rows, branch.numel(), row =>
        {
            var draws = site.Bits(row);
            var offset = (nint)row * length;
            var mask = (uint*)kept + (nint)row * groups;
            var scale = Vector512.Create(factor);
            for (var group = 0; group < groups; group++)
            {
                var bit = mask[group] = draws.Draw((uint)group);
                var at = offset + group * DropoutBits.Group;
                var left = length - group * DropoutBits.Group;
                if (left >= DropoutBits.Group)
                {
                    Sixteen(at, bit);
                    Sixteen(at + 16, bit >> 16);
                }
                else for (var i = 0; i < left; i++) One(at + i, (bit >> i & 1) != 0);
            }

            void Sixteen(nint at, uint bit)
            {
                var x = (T.Load((void*)from, at) * scale) & DropoutBits.Mask(bit);
                T.Store(added == 0 ? x : x + T.Load((void*)added, at), (void*)to, at);
            }

            void One(nint at, bool keep) =>
                T.Set((keep ? T.Get((void*)from, at) * factor : 0) + (added == 0 ? 0 : T.Get((void*)added, at)), (void*)to, at);
        });
    }

    private static void Backward<T>(torch.Tensor gradient, torch.Tensor result, torch.Tensor bits, float factor) where T : IElement
    {
        var (rows, groups) = ((int)bits.shape[0], (int)bits.shape[1]);
        var length = (int)(gradient.numel() / rows);
        nint from = gradient.Address(), to = result.Address(), kept = bits.Address();
        ParallelRows.ForEach(rows, gradient.numel(), row =>
        {
            var offset = (nint)row * length;
            var mask = (uint*)kept + (nint)row * groups;
            var scale = Vector512.Create(factor);
            for (var group = 0; group < groups; group++)
            {
                var bit = mask[group];
                var at = offset + group * DropoutBits.Group;
                var left = length - group * DropoutBits.Group;
                if (left >= DropoutBits.Group)
                {
                    T.Store((T.Load((void*)from, at) * scale) & DropoutBits.Mask(bit), (void*)to, at);
                    T.Store((T.Load((void*)from, at + 16) * scale) & DropoutBits.Mask(bit >> 16), (void*)to, at + 16);
                }
                else for (var i = 0; i < left; i++) T.Set((bit >> i & 1) != 0 ? T.Get((void*)from, at + i) * factor : 0, (void*)to, at + i);
            }
        });
    }
}
