using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Dropout for one micro-batch, drawn from a generator of its own: a function of (seed, step, micro-batch), whatever else runs in the process.</summary>
internal sealed class Dropout : IDisposable
{
    private readonly double _hidden, _attention;
    private readonly torch.Generator _generator;

    private Dropout(double hidden, double attention, torch.Generator generator) => (_hidden, _attention, _generator) = (hidden, attention, generator);

    /// <returns>Null when nothing is dropped: the network then skips the work.</returns>
    public static Dropout? For(double hidden, double attention, ulong seed, long step, long microBatch, torch.Device device) =>
        hidden == 0 && attention == 0
            ? null
            : new Dropout(hidden, attention, new torch.Generator(new RandomStream(seed, RandomPurpose.Dropout, step, microBatch).NextUInt64(), device));

    public torch.Tensor Hidden(torch.Tensor x) => Apply(x, _hidden);

    public torch.Tensor Attention(torch.Tensor probabilities) => Apply(probabilities, _attention);

    public void Dispose() => _generator.Dispose();

    private torch.Tensor Apply(torch.Tensor x, double rate)
    {
        if (rate == 0) return x;
        var mask = torch.empty_like(x, requires_grad: false).bernoulli_(1 - rate, _generator).mul_(1 / (1 - rate));
        return x * mask;
    }
}
