using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Several linear functions of one input as one matrix product, and one for each gradient on the way back.</summary>
internal sealed class StackedLinear : LeanFunction<StackedLinear>
{
    private const int First = 3; // the leaves' place among the inputs

    /// <param name="x">[rows, inputs]</param>
    /// <param name="weight">[outputs of all, inputs]: the memory that the leaves' weights lie in, one after the other.</param>
    /// <param name="bias">[outputs of all], likewise.</param>
    /// <param name="leaves">The weight of each, [outputs, inputs], then the bias of each, [outputs]: these get the gradients.</param>
    /// <returns>[rows, outputs of all]</returns>
    public static torch.Tensor Apply(torch.Tensor x, torch.Tensor weight, torch.Tensor bias, torch.Tensor[] leaves) => Run([x, weight, bias, .. leaves]);

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
    {
        var (x, weight, bias) = ((torch.Tensor)inputs[0], (torch.Tensor)inputs[1], (torch.Tensor)inputs[2]);
        Save(context, x, weight);
        context.save_data("leaves", inputs.Length - First);
        return torch.nn.functional.linear(x, weight, bias);
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var (x, weight) = (saved[0], saved[1]);
        var parts = (int)context.get_data("leaves") / 2;
        return [gradient.mm(weight), null, null, .. gradient.t().mm(x).chunk(parts), .. gradient.sum(dim: 0L).chunk(parts)];
    }
}
