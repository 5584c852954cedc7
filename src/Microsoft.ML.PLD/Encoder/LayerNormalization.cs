using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Layer normalization over the hidden size; statistics are float32 whatever the activation's type, and on the processor so are the weights.</summary>
internal readonly struct LayerNormalization(ParameterStore weights, string name, long size, double epsilon)
{
    private readonly Weight _weight = weights.Constant($"{name}.weight", 1, size);
    private readonly Weight _bias = weights.Constant($"{name}.bias", 0, size);
    private readonly long[] _shape = [size];

    /// <param name="x">[rows, size]</param>
    public torch.Tensor Apply(torch.Tensor x) => x.device_type == DeviceType.CPU
        ? LayerNormFunction.Apply(x, _weight.Value, _bias.Value, epsilon)
        : torch.nn.functional.layer_norm(x, _shape, _weight.In(x.dtype), _bias.In(x.dtype), epsilon);
}
