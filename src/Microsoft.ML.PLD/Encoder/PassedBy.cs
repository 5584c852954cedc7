using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A block that runs forward, and that the way back passes by, as if it changed nothing.</summary>
internal sealed class PassedBy : LeanFunction<PassedBy>
{
    /// <param name="x">The block's input.</param>
    /// <param name="outputs">The rows of <paramref name="x"/> that the block gives; null: all.</param>
    /// <param name="compute">The block.</param>
    public static torch.Tensor Apply(torch.Tensor x, torch.Tensor? outputs, Func<torch.Tensor> compute)
    {
        torch.Tensor y;
        using (torch.no_grad()) y = compute();
        if (!x.requires_grad) return y;
        return Run(outputs is null ? x : x.index_select(0, outputs), y);
    }

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs) => ((torch.Tensor)inputs[1]).alias();

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient) =>
        [gradient.alias(), null];
}
