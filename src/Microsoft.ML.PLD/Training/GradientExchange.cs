using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Makes the gradients of all ranks one: a few numbers that all agree on first, then a sum for each block.</summary>
/// <remarks>What no rank has a gradient of, a dropped block for example, is not sent.</remarks>
/// <param name="ranks">More than one.</param>
/// <param name="weights">All that have gradients.</param>
internal sealed class GradientExchange(ICollective ranks, IReadOnlyList<Weight> weights) : IDisposable
{
    private const int Stopped = 0, LackedMemory = 1, Fingerprint = 2, FingerprintSquared = 3, LossSum = 4, FirstWeight = 5;

    // Sums of squares of so many bits over a thousand ranks are exact in a double.
    private const ulong FingerprintMask = (1 << 20) - 1;

    // Those of a block, wherever they stand in the list; the last block first, as its gradients are the first to be there.
    private readonly int[][] _blocks = [.. Enumerable.Range(0, weights.Count).GroupBy(weight => SwitchableEncoder.BlockOf(weights[weight].Name) ?? -1).OrderByDescending(block => block.Key).Select(block => block.ToArray())];
    private readonly Dictionary<int, torch.Tensor> _sums = [];

    /// <summary>Adds up the losses and gradients of all ranks.</summary>
    /// <param name="failure">Why this rank has none: it was stopped, or lacked memory; null: it has.</param>
    /// <param name="fingerprint">Of what all ranks must have the same of: the step, its plan, options and data.</param>
    /// <param name="loss">This rank's part of the loss.</param>
    /// <param name="gradients">Of each weight, any number that add up.</param>
    /// <returns>The loss, and of each weight its gradient or nothing; they are good until the next call.</returns>
    /// <exception cref="OperationCanceledException">A rank was stopped.</exception>
    /// <exception cref="OutOfMemoryException">A rank lacked memory.</exception>
    /// <exception cref="InvalidOperationException">The ranks do not do the same.</exception>
    public (double Loss, IReadOnlyList<IReadOnlyList<torch.Tensor>> Gradients) Sum(Exception? failure, ulong fingerprint, double loss, IReadOnlyList<IReadOnlyList<torch.Tensor>> gradients)
    {
        var agreed = new double[FirstWeight + weights.Count];
        double own = fingerprint & FingerprintMask;
        (agreed[Stopped], agreed[LackedMemory]) = (failure is OperationCanceledException ? 1 : 0, failure is not (null or OperationCanceledException) ? 1 : 0);
        (agreed[Fingerprint], agreed[FingerprintSquared], agreed[LossSum]) = (own, own * own, loss);
        for (var weight = 0; weight < weights.Count; weight++) agreed[FirstWeight + weight] = gradients[weight].Count > 0 ? 1 : 0;
        ranks.Sum<double>(agreed);

        // Only equal numbers have a mean whose square is the mean of their squares.
        if (agreed[Fingerprint] * agreed[Fingerprint] != agreed[FingerprintSquared] * ranks.Size)
            throw new InvalidOperationException("The ranks of the job do not train the same: their options, text or programs differ. Give all of them the same, and a seed to whatever the program draws itself.");
        if (agreed[Stopped] > 0) throw failure as OperationCanceledException ?? new OperationCanceledException("Another rank of the job was stopped.");
        if (agreed[LackedMemory] > 0) throw failure ?? new OutOfMemoryException("Another rank of the job lacked memory.");
        if (!double.IsFinite(agreed[LossSum])) return (agreed[LossSum], gradients); // of which nothing will be made
        var sums = new IReadOnlyList<torch.Tensor>[weights.Count];
        for (var block = 0; block < _blocks.Length; block++) SumBlock(block, weight => agreed[FirstWeight + weight] > 0, gradients, sums);
        return (agreed[LossSum], sums);
    }

    public void Dispose()
    {
        foreach (var sum in _sums.Values) sum.Dispose();
        _sums.Clear();
    }

    private void SumBlock(int block, Func<int, bool> isThere, IReadOnlyList<IReadOnlyList<torch.Tensor>> gradients, IReadOnlyList<torch.Tensor>[] sums)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        long length = 0;
        var memory = Memory(block);
        foreach (var weight in _blocks[block])
        {
            sums[weight] = [];
            if (!isThere(weight)) continue;
            var part = memory.narrow(0, length, weights[weight].Value.numel()).view(weights[weight].Value.shape);
            AddUp(part, gradients[weight]);
            sums[weight] = [part.DetachFromDisposeScope()];
            length += part.numel();
        }
        if (length > 0) ranks.Sum(memory.narrow(0, 0, length));
    }

    private static void AddUp(torch.Tensor sum, IReadOnlyList<torch.Tensor> gradients)
    {
        if (gradients.Count == 0) sum.zero_(); // the other ranks have some
        for (var i = 0; i < gradients.Count; i++)
        {
            var gradient = gradients[i].is_sparse ? gradients[i].to_dense() : gradients[i];
            if (i == 0) sum.copy_(gradient);
            else sum.PlusInPlace(gradient);
        }
    }

    private torch.Tensor Memory(int block)
    {
        if (_sums.TryGetValue(block, out var memory)) return memory;
        return _sums[block] = torch.empty(_blocks[block].Sum(weight => weights[weight].Value.numel()), torch.float32, weights[0].Value.device).DetachFromDisposeScope();
    }
}
