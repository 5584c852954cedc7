using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The position-wise feed-forward sub-layer: H to the intermediate size, activation, and back.</summary>
internal sealed class FeedForward(ParameterStore weights, string name, BertConfig config, double outputDeviation)
{
    private readonly Dense _intermediate = new(weights, $"{name}.intermediate.dense", config.HiddenSize, config.IntermediateSize, config.InitialDeviation);
    private readonly Dense _output = new(weights, $"{name}.output.dense", config.IntermediateSize, config.HiddenSize, outputDeviation);
    private readonly Activation _activation = config.Activation;

    public torch.Tensor Apply(torch.Tensor x) => _output.Apply(_intermediate.Apply(x, _activation));
}
