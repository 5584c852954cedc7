using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>y = x W^T + b. Weights are used in the activation's type.</summary>
internal readonly struct Dense(ParameterStore weights, string name, long inputs, long outputs, double standardDeviation)
{
    private readonly Weight _weight = weights.Normal($"{name}.weight", standardDeviation, outputs, inputs);
    private readonly Weight _bias = weights.Constant($"{name}.bias", 0, outputs);

    /// <returns>[outputs, inputs]</returns>
    public torch.Tensor WeightIn(torch.ScalarType type) => _weight.In(type);

    /// <returns>[outputs]</returns>
    public torch.Tensor BiasIn(torch.ScalarType type) => _bias.In(type);

    /// <param name="x">[rows, inputs]</param>
    /// <returns>[rows, outputs]</returns>
    public torch.Tensor Apply(torch.Tensor x) => torch.nn.functional.linear(x, WeightIn(x.dtype), BiasIn(x.dtype));

    /// <param name="x">[rows, inputs]</param>
    /// <param name="activation">What follows.</param>
    /// <returns>[rows, outputs]</returns>
    public torch.Tensor Apply(torch.Tensor x, Activation activation) =>
        activation == Activation.Relu ? Apply(x).relu()
        : x.device_type == DeviceType.CPU ? DenseGelu.Apply(x, WeightIn(x.dtype), BiasIn(x.dtype))
        : torch.nn.functional.gelu(Apply(x));
}
