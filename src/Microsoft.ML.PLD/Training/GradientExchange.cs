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
/// <para>Where ranks share the optimizer's state, each gets the sums of its part of every block only, and the weights are exchanged when they have changed.</para>
/// </remarks>
internal sealed class GradientExchange : IDisposable
{
    private const int Stopped = 0, LackedMemory = 1, LossSum = 2, FirstWeight = 3;

    private readonly ICollective _ranks;
    private readonly IReadOnlyList<Weight> _weights;
    private readonly WeightShards? _shards;

    // By block, the last one first; -1: embeddings and heads.
    private readonly SortedDictionary<int, int[]> _weightsOf;
    private readonly Dictionary<int, torch.Tensor> _memory; // of each block, once for all: a step that has been agreed on must not lack it
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _passed = new(0);

    private Step? _step;

    /// <param name="ranks">More than one.</param>
    /// <param name="weights">All that have gradients.</param>
    /// <param name="shards">The part of the sums that each rank gets; null: all.</param>
    public GradientExchange(ICollective ranks, IReadOnlyList<Weight> weights, WeightShards? shards = null)
    {
        (_ranks, _weights, _shards) = (ranks, weights, shards);
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

    /// <summary>Where ranks share the optimizer's state: each has moved its part of the weights that had gradients, and gets those of the others.</summary>
    public void ShareWeights()
    {
        if (_shards is null) return;
        using var noGrad = torch.no_grad();
        foreach (var (block, all) in _weightsOf)
        {
            using var scope = torch.NewDisposeScope();
            Weight[] moved = [.. all.Where(_step!.Sums.ContainsKey).Select(weight => _weights[weight])];
            if (moved.Length == 0) continue;
            var parts = PartsOf(block, moved);
            foreach (var (weight, part) in moved.Zip(parts)) OwnOf(weight, part).copy_(OwnOf(weight, weight.Value.detach()));
            _ranks.Gather(Whole(block, parts), _shards.CountsOf(moved));
            foreach (var (weight, part) in moved.Zip(parts))
            {
                weight.Value.copy_(part);
                weight.Refresh();
            }
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
        Weight[] weights = [.. there.Select(weight => _weights[weight])];
        var parts = PartsOf(block, weights);
        foreach (var (weight, part) in there.Zip(parts)) AddUp(part, step.HasFailed ? [] : [.. step.Gradients.SelectMany(worker => worker[weight])]);
        if (_shards is null) _ranks.Sum(Whole(block, parts));
        else _ranks.SumScatter(Whole(block, parts), _shards.CountsOf(weights));
        for (var i = 0; i < there.Length; i++) step.Sums[there[i]] = (_shards is null ? parts[i] : OwnOf(weights[i], parts[i])).DetachFromDisposeScope();
    }

    // Where they lie in the block's memory: one after the other.
    private torch.Tensor[] PartsOf(int block, Weight[] weights)
    {
        var (parts, length) = (new torch.Tensor[weights.Length], 0L);
        for (var i = 0; i < parts.Length; length += parts[i++].numel()) parts[i] = _memory[block].narrow(0, length, weights[i].Value.numel()).view(weights[i].Value.shape);
        return parts;
    }

    private torch.Tensor Whole(int block, torch.Tensor[] parts) => _memory[block].narrow(0, 0, parts.Sum(part => part.numel()));

    private torch.Tensor OwnOf(Weight weight, torch.Tensor values)
    {
        var (first, count) = _shards!.OwnOf(weight);
        return values.view(-1).narrow(0, first, count);
    }

    private static void AddUp(torch.Tensor sum, IReadOnlyList<torch.Tensor> gradients)
    {
        if (gradients.Count == 0) sum.zero_(); // other ranks have some
        for (var i = 0; i < gradients.Count; i++)
        {
            var gradient = gradients[i].is_sparse ? gradients[i].to_dense() : gradients[i];
            if (i == 0) sum.copy_(gradient);
            else sum.PlusInPlace(gradient);
        }
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
