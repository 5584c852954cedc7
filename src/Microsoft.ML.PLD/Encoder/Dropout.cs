using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// Dropout for one micro-batch: which activations it drops is a function of (seed, step, place in the network, row of the batch), whatever else runs, and on
/// the processor whatever the micro-batches' size.
/// </summary>
internal sealed class Dropout : IDisposable
{
    private readonly double _hidden, _attention;
    private readonly ulong _seed;
    private readonly long _step, _firstRow;
    private readonly int _rows;
    private readonly torch.Generator? _generator; // on a CUDA device
    private int _places;

    private Dropout(double hidden, double attention, ulong seed, long step, long firstRow, int rows, torch.Device device)
    {
        (_hidden, _attention, _seed, _step, _firstRow, _rows) = (hidden, attention, seed, step, firstRow, rows);
        if (device.type != DeviceType.CPU)
            _generator = new torch.Generator(new RandomStream(seed, RandomPurpose.Dropout, step, firstRow).NextUInt64(), device);
    }

    /// <param name="hidden">The share of hidden activations dropped.</param>
    /// <param name="attention">The share of attention probabilities dropped.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The optimizer step.</param>
    /// <param name="firstRow">The number of the micro-batch's first row in the step's batch.</param>
    /// <param name="rows">The micro-batch's rows.</param>
    /// <param name="device">Where activations are.</param>
    /// <returns>Null when nothing is dropped: the network then skips the work.</returns>
    public static Dropout? For(double hidden, double attention, ulong seed, long step, long firstRow, int rows, torch.Device device) =>
        hidden == 0 && attention == 0 ? null : new Dropout(hidden, attention, seed, step, firstRow, rows, device);

    /// <summary>Drops activations of which each row has the same number, row after row.</summary>
    public torch.Tensor Hidden(torch.Tensor x) =>
        _hidden == 0 ? x : _generator is null ? DropoutAdd.Apply(null, x, 1, NextSite(_hidden)) : Drop(x, _hidden);

    /// <summary>stream + scale * the branch, of which some is dropped.</summary>
    public torch.Tensor Add(torch.Tensor stream, torch.Tensor branch, double scale) =>
        _hidden > 0 && _generator is null ? DropoutAdd.Apply(stream, branch, scale, NextSite(_hidden)) : stream.add(Hidden(branch), alpha: scale);

    /// <summary>For <see cref="AttentionFunction"/>; null: drop nothing.</summary>
    public DropoutSite? AttentionSite() => _attention == 0 ? null : NextSite(_attention);

    /// <summary>Drops attention probabilities on a CUDA device.</summary>
    public torch.Tensor Attention(torch.Tensor probabilities) => _attention == 0 ? probabilities : Drop(probabilities, _attention);

    public void Dispose() => _generator?.Dispose();

    private DropoutSite NextSite(double rate) => new(rate, _seed, _step, _places++, _firstRow, _rows);

    private torch.Tensor Drop(torch.Tensor x, double rate) =>
        x * torch.empty_like(x, requires_grad: false).bernoulli_(1 - rate, _generator).mul_(1 / (1 - rate));
}
