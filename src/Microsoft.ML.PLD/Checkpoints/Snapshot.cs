using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A run as it stands after a step, copied, so that it can be written while the run goes on.</summary>
/// <param name="State">The numbers.</param>
/// <param name="Network">What the weights are of.</param>
/// <param name="Weights">The masters, by name.</param>
/// <param name="Optimizer">The optimizer's tensors, by name.</param>
internal sealed record Snapshot(
    TrainingState State, NetworkDescription Network, IReadOnlyDictionary<string, torch.Tensor> Weights, IReadOnlyDictionary<string, torch.Tensor> Optimizer) : IDisposable
{
    public static Snapshot Take(TrainingState state, NetworkDescription network, ParameterStore weights, AdamW optimizer)
    {
        using var scope = torch.NewDisposeScope(); // frees the first copies when there is no memory for the last
        using var noGrad = torch.no_grad();
        var snapshot = new Snapshot(state, network, Copy(weights.Tensors), Copy(OptimizerTensors.Of(optimizer)));
        foreach (var tensor in snapshot.Weights.Values.Concat(snapshot.Optimizer.Values)) tensor.DetachFromDisposeScope();
        return snapshot;
    }

    public void Dispose()
    {
        foreach (var tensor in Weights.Values.Concat(Optimizer.Values)) tensor.Dispose();
    }

    private static Dictionary<string, torch.Tensor> Copy(IEnumerable<KeyValuePair<string, torch.Tensor>> tensors) =>
        tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.detach().to(torch.CPU, copy: true));
}
