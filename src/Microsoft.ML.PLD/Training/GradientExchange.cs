using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Makes the gradients of all ranks one: a sum for each block, and a few numbers that all agree on.</summary>
/// <remarks>
/// <para>What no rank has a gradient of, a dropped block for example, is not sent.</para>
/// <para>
/// Where all micro-batches have one plan, a thread sends a block's gradients as soon as they are there, the last block's first, while those of the blocks below are computed: the plan
/// tells all ranks alike what there will be.
/// </para>
/// <para>Where ranks share the optimizer's state, each gets the sums of its rows of every weight only, and the weights are exchanged when they have changed.</para>
/// </remarks>
internal sealed class GradientExchange : IDisposable
{
    private const int Stopped = 0, LackedMemory = 1, LossSum = 2, FirstWeight = 3;

    private readonly ICollective _ranks;
    private readonly IReadOnlyList<Weight> _weights;
    private readonly bool _isSharded;

    // By block, the last one first; -1: embeddings and heads.
    private readonly SortedDictionary<int, int[]> _weightsOf;
    private readonly Dictionary<int, torch.Tensor> _memory; // of each block, once for all: a step that has been agreed on must not lack it
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _passed = new(0);

    private Step? _step;

    /// <param name="ranks">More than one.</param>
    /// <param name="weights">All that have gradients.</param>
    /// <param name="isSharded">Whether each rank gets its rows only, as <see cref="AdamW"/> has them.</param>
    public GradientExchange(ICollective ranks, IReadOnlyList<Weight> weights, bool isSharded = false)
    {
        (_ranks, _weights, _isSharded) = (ranks, weights, isSharded);
        _weightsOf = new(Enumerable.Range(0, weights.Count).GroupBy(weight => SwitchableEncoder.BlockOf(weights[weight].Name) ?? -1).ToDictionary(block => block.Key, block => block.ToArray()), Comparer<int>.Create((a, b) => b.CompareTo(a)));
        _memory = _weightsOf.ToDictionary(
            block => block.Key, block => torch.empty(block.Value.Sum(weight => weights[weight].Value.numel()), torch.float32, weights[0].Value.device).DetachFromDisposeScope());
    }

    /// <summary>Does what a step does when all ranks have agreed on it: there is no taking it again.</summary>
    /// <exception cref="InvalidOperationException">Memory ran out.</exception>
    public static T AfterAgreement<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception failure) when (OutOfMemory.Is(failure))
        {
            throw new InvalidOperationException($"Memory ran out after the ranks had agreed on the step; go on from the last checkpoint with a smaller MicroBatchSize. {failure.Message}", failure);
        }
    }

    /// <summary>A step begins.</summary>
    /// <param name="plan">What all micro-batches of all ranks run; null: they differ, and nothing is sent before the end.</param>
    /// <param name="gradients">Of each worker and weight, those that it has so far.</param>
    /// <param name="workers">How many workers of this rank will tell <see cref="HasPassed"/>.</param>
    public void Begin(LayerPlan? plan, IReadOnlyList<IReadOnlyList<torch.Tensor>[]> gradients, int workers)
    {
        Free();
        int[] early = plan is null ? [] : [.. _weightsOf.Keys.Where(block => plan.Runs.Any(run => run.Block == block && run is { IsTrained: true, IsForwardOnly: false }))];
        _step = new Step(gradients, early, Enumerable.Repeat(int.MaxValue, workers).ToArray());
        if (early.Length > 0) _step.Sending = Task.Factory.StartNew(SendEarly, TaskCreationOptions.LongRunning);
    }

    /// <summary>A worker has all its gradients of the blocks with higher numbers. On any thread.</summary>
    public void HasPassed(int worker, int block)
    {
        lock (_lock) _step!.PassedBy[worker] = Math.Min(_step.PassedBy[worker], block);
        _passed.Release();
    }

    /// <summary>Adds up what has not been, and the losses.</summary>
    /// <param name="failure">Why this rank has no gradients: it was stopped, or lacked memory; null: it has.</param>
    /// <param name="loss">This rank's part of the loss.</param>
    /// <returns>The loss, and of each weight its gradient or nothing; they are good until the next step.</returns>
    /// <exception cref="OperationCanceledException">A rank was stopped.</exception>
    /// <exception cref="OutOfMemoryException">A rank lacked memory.</exception>
    public (double Loss, IReadOnlyList<IReadOnlyList<torch.Tensor>> Gradients) End(Exception? failure, double loss)
    {
        var step = _step!;
        step.HasFailed = failure is not null;
        for (var worker = 0; worker < step.PassedBy.Length; worker++) HasPassed(worker, int.MinValue);
        try
        {
            step.Sending.GetAwaiter().GetResult();
        }
        catch (Exception broken)
        {
            // The others have gone on: there is no taking the step again.
            throw new InvalidOperationException($"The gradients of a block could not be sent: {broken.Message}", broken);
        }

        var agreed = new double[FirstWeight + _weights.Count];
        (agreed[Stopped], agreed[LackedMemory], agreed[LossSum]) = (failure is OperationCanceledException ? 1 : 0, failure is not (null or OperationCanceledException) ? 1 : 0, loss);
        for (var weight = 0; weight < _weights.Count; weight++) agreed[FirstWeight + weight] = step.Gradients.Any(worker => worker[weight].Count > 0) ? 1 : 0;
        _ranks.Sum<double>(agreed);
        if (agreed[Stopped] > 0) throw failure as OperationCanceledException ?? new OperationCanceledException("Another rank of the job was stopped.");
        if (agreed[LackedMemory] > 0)
        {
            if (failure is not null) ExceptionDispatchInfo.Throw(failure);
            throw new OutOfMemoryException("Another rank of the job lacked memory.");
        }
        if (double.IsFinite(agreed[LossSum]))
            foreach (var block in _weightsOf.Keys.Except(step.Early))
                AfterAgreement(() =>
                {
                    Send(step, block, weight => agreed[FirstWeight + weight] > 0);
                    return block;
                });
        return (agreed[LossSum], [.. Enumerable.Range(0, _weights.Count).Select(weight => step.Sums.GetValueOrDefault(weight) is { } sum ? new[] { sum } : Array.Empty<torch.Tensor>())]);
    }

    /// <summary>Where ranks share the optimizer's state: each has moved its rows of the weights, and gets those of the others.</summary>
    /// <param name="isChanged">Whether a weight has changed, by whether it had a gradient.</param>
    public void ShareWeights(Func<bool, bool> isChanged)
    {
        if (!_isSharded) return;
        using var noGrad = torch.no_grad();
        foreach (var (block, all) in _weightsOf)
        {
            using var scope = torch.NewDisposeScope();
            int[] changed = [.. all.Where(weight => isChanged(_step!.Sums.ContainsKey(weight)))];
            if (changed.Length == 0) continue;
            var parts = PartsOf(block, changed);
            foreach (var (weight, rank, part) in parts)
                if (rank == _ranks.Rank) part.copy_(RowsOf(weight, rank).Of(_weights[weight].Value));
            _ranks.Gather(_memory[block].narrow(0, 0, parts.Sum(part => part.Memory.numel())), CountsOf(parts));
            foreach (var (weight, rank, part) in parts)
                if (rank != _ranks.Rank) RowsOf(weight, rank).Of(_weights[weight].Value.detach()).copy_(part);
            foreach (var weight in changed) _weights[weight].Refresh();
        }
    }

    public void Dispose()
    {
        if (_step?.Sending.IsCompleted is false) return; // something has gone wrong that ends the process
        Free();
        foreach (var memory in _memory.Values) memory.Dispose();
        _passed.Dispose();
    }

    private void Free()
    {
        foreach (var sum in _step?.Sums.Values ?? Enumerable.Empty<torch.Tensor>()) sum.Dispose();
        _step?.Sums.Clear();
    }

    private void SendEarly()
    {
        var step = _step!;
        foreach (var block in step.Early)
        {
            while (true)
            {
                lock (_lock)
                    if (step.PassedBy.All(passed => passed < block)) break;
                _passed.Wait();
            }
            Send(step, block, _ => true);
        }
    }

    private void Send(Step step, int block, Func<int, bool> isThere)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        int[] there = [.. _weightsOf[block].Where(isThere)];
        if (there.Length == 0) return;
        var gradients = there.ToDictionary(weight => weight, weight => step.HasFailed ? [] : step.Gradients.SelectMany(worker => worker[weight]).Select(gradient => gradient.is_sparse ? gradient.to_dense() : gradient).ToArray());
        var parts = PartsOf(block, there);
        foreach (var (weight, rank, part) in parts) AddUp(part, [.. gradients[weight].Select(RowsOf(weight, rank).Of)]);
        var all = _memory[block].narrow(0, 0, parts.Sum(part => part.Memory.numel()));
        if (_isSharded) _ranks.SumScatter(all, CountsOf(parts));
        else _ranks.Sum(all);
        foreach (var (weight, _, part) in parts.Where(part => !_isSharded || part.Rank == _ranks.Rank)) step.Sums[weight] = part.DetachFromDisposeScope();
    }

    // Where they lie in the block's memory: the rows of rank 0 first, if each has its own.
    private List<(int Weight, int Rank, torch.Tensor Memory)> PartsOf(int block, int[] weights)
    {
        var (parts, length) = (new List<(int, int, torch.Tensor)>(), 0L);
        for (var rank = 0; rank < (_isSharded ? _ranks.Size : 1); rank++)
            foreach (var weight in weights)
            {
                var rows = RowsOf(weight, rank);
                parts.Add((weight, rank, _memory[block].narrow(0, length, rows.Numbers).view([rows.Count, .. _weights[weight].Value.shape[1..]])));
                length += rows.Numbers;
            }
        return parts;
    }

    private int[] CountsOf(List<(int Weight, int Rank, torch.Tensor Memory)> parts) =>
        [.. Enumerable.Range(0, _ranks.Size).Select(rank => checked((int)parts.Where(part => part.Rank == rank).Sum(part => part.Memory.numel())))];

    private Rows RowsOf(int weight, int rank)
    {
        var (value, (first, count)) = (_weights[weight].Value, (0L, _weights[weight].Value.shape[0]));
        if (_isSharded) (first, count) = _ranks.ShareOf(count, rank);
        return new(first, count, count * (value.numel() / value.shape[0]));
    }

    private static void AddUp(torch.Tensor sum, IReadOnlyList<torch.Tensor> gradients)
    {
        if (gradients.Count == 0) sum.zero_(); // other ranks have some
        for (var i = 0; i < gradients.Count; i++)
            if (i == 0) sum.copy_(gradients[i]);
            else sum.PlusInPlace(gradients[i]);
    }

    /// <summary>Some rows of a weight.</summary>
    private readonly record struct Rows(long First, long Count, long Numbers)
    {
        public torch.Tensor Of(torch.Tensor whole) => Count == whole.shape[0] ? whole : whole.narrow(0, First, Count);
    }

    /// <param name="Gradients">Of each worker and weight.</param>
    /// <param name="Early">The blocks that are sent while others are computed, in order.</param>
    /// <param name="PassedBy">The lowest block that each worker is through with, as <see cref="HasPassed"/> has it.</param>
    private sealed record Step(IReadOnlyList<IReadOnlyList<torch.Tensor>[]> Gradients, int[] Early, int[] PassedBy)
    {
        public Dictionary<int, torch.Tensor> Sums { get; } = [];

        public Task Sending { get; set; } = Task.CompletedTask;

        public volatile bool HasFailed;
    }
}
