using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>gelu(x W^T + b) on the processor.</summary>
/// <remarks>The way back needs GELU's slopes and not what it was applied to: they are made along with its values, and lie where that lay.</remarks>
internal sealed class DenseGelu : LeanFunction<DenseGelu>
{
    /// <param name="x">[rows, inputs]</param>
    /// <param name="weight">[outputs, inputs]</param>
    /// <param name="bias">[outputs]</param>
    /// <returns>[rows, outputs]</returns>
    public static torch.Tensor Apply(torch.Tensor x, torch.Tensor weight, torch.Tensor bias)
    {
        if (torch.is_grad_enabled()) return Run(x, weight, bias);
        var y = FewRows.Linear(x, weight, bias);
        GeluKernel.Apply(y, y);
        return y;
    }

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
    {
        var (x, weight, bias) = ((torch.Tensor)inputs[0], (torch.Tensor)inputs[1], (torch.Tensor)inputs[2]);
        var slopes = torch.nn.functional.linear(x, weight, bias);
        var y = torch.empty_like(slopes);
        GeluKernel.Apply(slopes, y, slopes);
        Save(context, x, weight, slopes);
        return y;
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var (x, weight, slopes) = (saved[0], saved[1], saved[2]);
        var inner = torch.empty_like(slopes);
        var ofBias = GeluKernel.Backward(gradient.contiguous(), slopes, inner);
        return [inner.mm(weight), inner.t().mm(x), ofBias.to(inner.dtype)];
    }
}
