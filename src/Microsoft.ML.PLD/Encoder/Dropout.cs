using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>
/// Dropout for one micro-batch: which activations it drops is a function of (seed, step, part of the network, how many uses of dropout came before in the part,
/// row of the batch), whatever else runs, and on the processor whatever the micro-batches' size.
/// </summary>
/// <remarks>
/// On a CUDA device it is libtorch's own, whose default generator is seeded for each part and micro-batch: its fused attention takes no other.
/// </remarks>
internal sealed class Dropout
{
    private const int PlacesOfAPart = 4, PartBits = 14;

    private readonly double _hidden, _attention;
    private readonly ulong _seed;
    private readonly long _step, _firstRow;
    private readonly int _rows;
    private readonly int[]? _drawn;
    private readonly torch.Device _device;
    private readonly int _part;
    private int _places;

    private Dropout(double hidden, double attention, ulong seed, long step, long firstRow, int rows, torch.Device device, int part, int[]? drawn = null)
    {
        (_hidden, _attention, _seed, _step, _firstRow, _rows, _device, _part, _drawn) = (hidden, attention, seed, step, firstRow, rows, device, part, drawn);
        _places = part * PlacesOfAPart;
        if (!OnProcessor) torch.cuda.manual_seed_all((long)new RandomStream(seed, RandomPurpose.Dropout, step, firstRow << PartBits | (long)part).NextUInt64());
    }

    private bool OnProcessor => _device.type == DeviceType.CPU;

    /// <param name="hidden">The share of hidden activations dropped.</param>
    /// <param name="attention">The share of attention probabilities dropped.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The optimizer step.</param>
    /// <param name="firstRow">The number of the micro-batch's first row in the step's batch.</param>
    /// <param name="rows">The micro-batch's rows.</param>
    /// <param name="device">Where activations are.</param>
    /// <returns>Null when nothing is dropped: the network then skips the work.</returns>
    public static Dropout? For(double hidden, double attention, ulong seed, long step, long firstRow, int rows, torch.Device device) =>
        hidden == 0 && attention == 0 ? null : new Dropout(hidden, attention, seed, step, firstRow, rows, device, part: 0);

    /// <summary>Dropout in a part of the network: draws the same whenever the part is computed, so that it can be computed again.</summary>
    /// <param name="number">From 1; 0 is what belongs to no part.</param>
    public Dropout Part(int number) => new(_hidden, _attention, _seed, _step, _firstRow, _rows, _device, number);

    /// <summary>The same, for rows or tokens that were drawn of the micro-batch.</summary>
    public Dropout Of(TokenBatch part) => new(_hidden, _attention, _seed, _step, _firstRow, part.Rows, _device, _part, part.Drawn);

    /// <summary>The share of attention probabilities dropped, for fused attention.</summary>
    public double AttentionRate => _attention;

    /// <summary>Drops activations of which each row has the same number, row after row.</summary>
    public torch.Tensor Hidden(torch.Tensor x) =>
        _hidden == 0 ? x : OnProcessor ? DropoutAdd.Apply(null, x, 1, NextSite(_hidden)) : torch.nn.functional.dropout(x, _hidden, training: true);

    /// <summary>stream + scale * the branch, of which some is dropped.</summary>
    public torch.Tensor Add(torch.Tensor stream, torch.Tensor branch, double scale) =>
        _hidden > 0 && OnProcessor ? DropoutAdd.Apply(stream, branch, scale, NextSite(_hidden)) : stream.Plus(Hidden(branch), scale);

    /// <summary>For <see cref="AttentionFunction"/>; null: drop nothing.</summary>
    public DropoutSite? AttentionSite() => _attention == 0 ? null : NextSite(_attention);

    private DropoutSite NextSite(double rate) => new(rate, _seed, _step, _places++, _firstRow, _rows, _drawn);
}
