using TorchSharp;
using TorchSharp.Modules;

namespace Microsoft.ML.PLD;

/// <summary>y = x W^T + b. Weights are float32 and are cast to the activation's type where they are used, so that the optimizer sees float32 only.</summary>
internal readonly struct Dense(ParameterStore weights, string name, long inputs, long outputs, double standardDeviation)
{
    private readonly Parameter _weight = weights.Normal($"{name}.weight", standardDeviation, outputs, inputs);
    private readonly Parameter _bias = weights.Constant($"{name}.bias", 0, outputs);

    /// <param name="x">[rows, inputs]</param>
    /// <returns>[rows, outputs]</returns>
    public torch.Tensor Apply(torch.Tensor x) => torch.nn.functional.linear(x, _weight.to(x.dtype), _bias.to(x.dtype));
}
