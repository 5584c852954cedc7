using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// The cross-entropy of a linear decoder over a large vocabulary, on the processor. The gradients are made along with the loss, from the logits in place:
/// nothing of the size [M, V] is kept, and nothing of it goes through the graph.
/// </summary>
internal sealed class MaskedCrossEntropy : LeanFunction<MaskedCrossEntropy>
{
    /// <param name="x">[M, H]</param>
    /// <param name="decoder">[V, H], in the type of <paramref name="x"/></param>
    /// <param name="bias">[V], in the type of <paramref name="x"/></param>
    /// <param name="labels">[M]</param>
    /// <param name="scale">What the sum of the losses is multiplied by.</param>
    /// <returns>A number, float32</returns>
    public static torch.Tensor Apply(torch.Tensor x, torch.Tensor decoder, torch.Tensor bias, int[] labels, double scale) => Run(x, decoder, bias, labels, scale);

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
    {
        var (x, decoder, bias) = ((torch.Tensor)inputs[0], (torch.Tensor)inputs[1], (torch.Tensor)inputs[2]);
        var (labels, scale) = ((int[])inputs[3], (double)inputs[4]);
        var logits = torch.nn.functional.linear(x, decoder, bias);
        var loss = CrossEntropyKernel.Apply(logits, labels, scale) * scale;
        Save(context, logits.mm(decoder), logits.t().mm(x), logits.sum(dim: 0L));
        return torch.tensor((float)loss);
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var factor = gradient.item<float>();
        return [.. factor == 1 ? saved : saved.Select(own => own.Times(factor)), null, null];
    }
}
