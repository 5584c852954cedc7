using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>y = x W^T + b. Weights are used in the activation's type.</summary>
internal readonly struct Dense(ParameterStore weights, string name, long inputs, long outputs, double standardDeviation)
{
    /// <summary>[outputs, inputs]</summary>
    public Weight Weight { get; } = weights.Normal($"{name}.weight", standardDeviation, outputs, inputs);

    /// <summary>[outputs]</summary>
    public Weight Bias { get; } = weights.Constant($"{name}.bias", 0, outputs);

    /// <param name="x">[rows, inputs]</param>
    /// <returns>[rows, outputs]</returns>
    public torch.Tensor Apply(torch.Tensor x) => FewRows.Linear(x, Weight.In(x.dtype), Bias.In(x.dtype));

    /// <param name="x">[rows, inputs]</param>
    /// <param name="activation">What follows.</param>
    /// <returns>[rows, outputs]</returns>
    public torch.Tensor Apply(torch.Tensor x, Activation activation) => activation switch
    {
        Activation.Relu => Apply(x).relu(),
        Activation.GeluTanh => Apply(x).gelu(TorchSharp.Modules.GELU.Approximate.tanh),
        _ when x.device_type == DeviceType.CPU => DenseGelu.Apply(x, Weight.In(x.dtype), Bias.In(x.dtype)),
        _ => torch.nn.functional.gelu(Apply(x)),
    };
}
