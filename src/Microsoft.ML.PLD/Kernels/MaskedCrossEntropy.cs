using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// The cross-entropy of a linear decoder over a large vocabulary, on the processor. The gradients are made along with the loss, from the logits in place:
/// nothing of the size [M, V] is kept, and nothing of it goes through the graph.
/// </summary>
internal sealed class MaskedCrossEntropy : torch.autograd.SingleTensorFunction<MaskedCrossEntropy>
{
    public override string Name => nameof(MaskedCrossEntropy);

    /// <param name="x">[M, H]</param>
    /// <param name="decoder">[V, H], in the type of <paramref name="x"/></param>
    /// <param name="bias">[V], in the type of <paramref name="x"/></param>
    /// <param name="labels">[M]</param>
    /// <param name="scale">What the sum of the losses is multiplied by.</param>
    /// <returns>A number, float32</returns>
    public static torch.Tensor Apply(torch.Tensor x, torch.Tensor decoder, torch.Tensor bias, int[] labels, double scale) => apply(x, decoder, bias, labels, scale);

    public override torch.Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, decoder, bias) = ((torch.Tensor)vars[0], (torch.Tensor)vars[1], (torch.Tensor)vars[2]);
        var (labels, scale) = ((int[])vars[3], (double)vars[4]);
        using var scope = torch.NewDisposeScope();
        var logits = torch.nn.functional.linear(x, decoder, bias);
        var loss = CrossEntropyKernel.Apply(logits, labels, scale) * scale;
        ctx.save_for_backward([logits.mm(decoder).MoveToOuterDisposeScope(), logits.t().mm(x).MoveToOuterDisposeScope(), logits.sum(dim: 0L).MoveToOuterDisposeScope()]);
        return torch.tensor((float)loss).MoveToOuterDisposeScope();
    }

    public override List<torch.Tensor> backward(torch.autograd.AutogradContext ctx, torch.Tensor grad_output)
    {
        var gradients = ctx.get_saved_variables();
        var factor = grad_output.item<float>();
        if (factor != 1) // not changed in place: a graph may be gone through twice
            gradients = [.. gradients.Select(gradient => gradient.mul(factor))];
        return [.. gradients, null!, null!];
    }
}
