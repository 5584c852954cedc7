using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A copy of a network's weights as they were after the best validation so far.</summary>
/// <param name="weights">Those of the network.</param>
internal sealed class BestWeights(ParameterStore weights) : IDisposable
{
    private torch.Tensor[] _copies = [];

    /// <summary>The step that they are of; -1: of none yet.</summary>
    public long Step { get; private set; } = -1;

    /// <summary>Copies the weights as they are now.</summary>
    public void Take(long step)
    {
        using var noGrad = torch.no_grad();
        if (_copies.Length == 0) _copies = [.. weights.All.Select(weight => weight.Value.clone().DetachFromDisposeScope())];
        else foreach (var (copy, weight) in _copies.Zip(weights.All)) copy.copy_(weight.Value);
        Step = step;
    }

    /// <summary>Gives the network the weights back.</summary>
    public void Restore()
    {
        using var noGrad = torch.no_grad();
        foreach (var (copy, weight) in _copies.Zip(weights.All)) weight.Value.copy_(copy);
        weights.Refresh();
    }

    public void Dispose()
    {
        foreach (var copy in _copies) copy.Dispose();
        _copies = [];
    }
}
