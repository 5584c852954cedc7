using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Layer normalization on the processor, of float32 or bfloat16 rows by float32 weights.</summary>
internal sealed class LayerNormFunction : LeanFunction<LayerNormFunction>
{
    /// <param name="x">[rows, H]</param>
    /// <param name="weight">[H], float32</param>
    /// <param name="bias">[H], float32</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <returns>[rows, H] in the type of <paramref name="x"/></returns>
    public static torch.Tensor Apply(torch.Tensor x, torch.Tensor weight, torch.Tensor bias, double epsilon)
    {
        if (torch.is_grad_enabled()) return Run(x, weight, bias, epsilon);
        using var scope = torch.NewDisposeScope();
        return Forward(x.contiguous(), weight, bias, epsilon).Result.MoveToOuterDisposeScope();
    }

    protected override torch.Tensor Forward(torch.autograd.AutogradContext context, object[] inputs)
    {
        var (x, weight, bias) = (((torch.Tensor)inputs[0]).contiguous(), (torch.Tensor)inputs[1], (torch.Tensor)inputs[2]);
        var (result, statistics) = Forward(x, weight, bias, (double)inputs[3]);
        Save(context, x, weight, statistics);
        return result;
    }

    protected override List<torch.Tensor?> Backward(torch.autograd.AutogradContext context, List<torch.Tensor> saved, torch.Tensor gradient)
    {
        var (x, weight, statistics) = (saved[0], saved[1], saved[2]);
        var result = torch.empty_like(x);
        var weights = LayerNormKernel.Backward(x, weight, statistics, gradient.contiguous(), result);
        return [result, weights[0], weights[1], null];
    }

    private static (torch.Tensor Result, torch.Tensor Statistics) Forward(torch.Tensor x, torch.Tensor weight, torch.Tensor bias, double epsilon)
    {
        var (result, statistics) = (torch.empty_like(x), torch.empty([x.shape[0], 2]));
        LayerNormKernel.Forward(x, weight, bias, result, statistics, epsilon);
        return (result, statistics);
    }
}
