using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>An optimizer step: micro-batches to gradients, gradients to weights.</summary>
/// <param name="weights">Changed in place.</param>
/// <param name="optimizer">The optimizer's options.</param>
/// <param name="workers">Micro-batches computed side by side.</param>
/// <param name="recompute">Whether blocks are computed again on the way back instead of kept.</param>
/// <param name="checkAlive">Called before each micro-batch, on any thread; throws to stop.</param>
/// <param name="rateFactor">What the learning rate is multiplied by, given a weight's name; 0: it stays as it is, without a state. Null: 1 for all.</param>
/// <param name="ranks">The processes that take the step together; null: this one alone.</param>
/// <param name="shardsOptimizer">Whether each of them keeps a part of the optimizer's state.</param>
internal sealed class GradientStep(
    ParameterStore weights, AdamWOptions optimizer, int workers = 1, bool recompute = false, Action? checkAlive = null, Func<string, double>? rateFactor = null,
    ICollective? ranks = null, bool shardsOptimizer = false) : IDisposable
{
    // Gradients of one weight that a worker keeps before it adds them up.
    private const int MostKept = 8;

    private readonly Weight[] _trained = Trained(weights, rateFactor);
    private readonly ComputeWorkers _workers = new(workers);
    private readonly GradientExchange? _exchange = ranks is { Size: > 1 } ? new(ranks, Trained(weights, rateFactor), Shards(weights, rateFactor, ranks, shardsOptimizer)) : null;
    private readonly Stopwatch _optimizerClock = new();

    public AdamW Optimizer { get; } = new(Trained(weights, rateFactor), optimizer, rateFactor, shards: Shards(weights, rateFactor, ranks, shardsOptimizer));

    /// <summary>The time that the optimizer has taken so far. Of a CUDA device only what it keeps the processor busy.</summary>
    public TimeSpan OptimizerTime => _optimizerClock.Elapsed;

    /// <summary>Backpropagates the losses of a step's micro-batches, which add up to the step's loss, and updates the weights. If anything throws, nothing has changed.</summary>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="microBatchLosses">Computes each; on any thread. Those of this rank.</param>
    /// <param name="plan">What the micro-batches of all ranks run; null: it differs.</param>
    /// <returns>The step's loss, and the norm of its gradients before clipping. When that is not finite, nothing was changed; it never is when the loss is not.</returns>
    public (double Loss, double GradientNorm) Take(double learningRate, IReadOnlyList<MicroBatchLoss> microBatchLosses, LayerPlan? plan = null)
    {
        var losses = new double[microBatchLosses.Count];
        var gradients = Enumerable.Range(0, _workers.Count).Select(_ => _trained.Select(_ => new List<torch.Tensor>()).ToArray()).ToArray();
        try
        {
            Exception? failure = null;
            _exchange?.Begin(plan, gradients, Math.Min(_workers.Count, microBatchLosses.Count));
            try
            {
                _workers.Run(worker => AddGradients(gradients[worker], microBatchLosses, worker, losses));
            }
            catch (Exception ours) when (_exchange is not null && (ours is OperationCanceledException || OutOfMemory.Is(ours)))
            {
                failure = ours; // the others are to know
            }
            var (loss, all) = _exchange?.End(failure, losses.Sum())
                ?? (losses.Sum(), [.. Enumerable.Range(0, _trained.Length).Select(weight => gradients.SelectMany(worker => worker[weight]).ToArray())]);
            if (!double.IsFinite(loss)) return (loss, double.NaN);
            _optimizerClock.Start();
            var norm = _exchange is null ? Optimizer.Step(learningRate, all) : GradientExchange.AfterAgreement(() => StepTogether(learningRate, all));
            _optimizerClock.Stop();
            return (loss, norm);
        }
        finally
        {
            foreach (var gradient in gradients.SelectMany(worker => worker).SelectMany(weight => weight)) gradient.Dispose();
        }
    }

    private double StepTogether(double learningRate, IReadOnlyList<IReadOnlyList<torch.Tensor>> gradients)
    {
        var norm = Optimizer.Step(learningRate, gradients, own => Optimizer.IsSharded ? Math.Sqrt(Sum(own * own)) : ranks!.Broadcast(own));
        if (double.IsFinite(norm)) _exchange!.ShareWeights();
        return norm;

        double Sum(double number)
        {
            double[] sum = [number];
            ranks!.Sum<double>(sum);
            return sum[0];
        }
    }

    /// <summary>Blocks take over the weights of others, and what the optimizer knows of them. Takes no memory.</summary>
    public void Copy(BlockCopies copies)
    {
        weights.CopyWithin(Source);
        Optimizer.CopyWithin(Source, copies.State);

        string? Source(string name) => SwitchableEncoder.BlockOf(name) is { } block && copies.Sources[block] is var source && source != block
            ? SwitchableEncoder.BlockName(source) + name[SwitchableEncoder.BlockName(block).Length..]
            : null;
    }

    private static Weight[] Trained(ParameterStore weights, Func<string, double>? rateFactor) => [.. weights.All.Where(weight => rateFactor?.Invoke(weight.Name) is not 0)];

    private static WeightShards? Shards(ParameterStore weights, Func<string, double>? rateFactor, ICollective? ranks, bool shardsOptimizer) =>
        shardsOptimizer && ranks is { Size: > 1 } ? new(ranks, Trained(weights, rateFactor)) : null;

    public void Dispose()
    {
        _workers.Dispose();
        _exchange?.Dispose();
        Optimizer.Dispose();
        Allocator.GiveBack();
    }

    // A worker's micro-batches are every so many-th: always the same, and always added in the same order, so that results do not depend on who is first.
    // For each weight: no gradient when nothing ran that has it, or some that add up, of the master and of its copy.
    private void AddGradients(List<torch.Tensor>[] sums, IReadOnlyList<MicroBatchLoss> microBatchLosses, int worker, double[] losses)
    {
        using var gradientsOn = torch.enable_grad(); // whatever the caller's thread has switched off
        for (var index = worker; index < microBatchLosses.Count; index += _workers.Count)
        {
            checkAlive?.Invoke();
            using var scope = torch.NewDisposeScope();
            var isLast = index + _workers.Count >= microBatchLosses.Count;
            var sends = _exchange is not null && isLast; // block by block
            var pieces = new GraphPieces(recompute);
            var loss = microBatchLosses[index](recompute || sends ? pieces : null);
            var leaves = _trained.SelectMany((weight, i) => (weight.Copy is { } copy ? new[] { weight.Value, copy } : [weight.Value]).Select(leaf => (Leaf: leaf, Weight: i))).ToArray();
            pieces.GoBack(loss, (from, incoming, input) =>
            {
                var to = leaves.Select(leaf => (torch.Tensor)leaf.Leaf);
                var gradients = WayBack.Run(() => GradientsOf(from, incoming, [.. input is null ? to : to.Append(input)]));
                for (var i = 0; i < leaves.Length; i++)
                    if (gradients[i] is { IsInvalid: false } gradient) Add(sums[leaves[i].Weight], gradient, isLast);
                return input is not null && gradients[^1] is { IsInvalid: false } last ? last : null;
            }, sends ? block => _exchange!.HasPassed(worker, block) : null);
            losses[index] = loss.item<float>(); // device sync
        }
    }

    // TorchSharp lets what libtorch throws in grad(), such as a lack of memory, end the process, but not in backward(). That one adds to gradients that all threads share.
    private IList<torch.Tensor?> GradientsOf(torch.Tensor from, torch.Tensor? incoming, torch.Tensor[] leaves)
    {
        IList<torch.Tensor>? gradient = incoming is null ? null : [incoming];
        if (_workers.Count > 1) return torch.autograd.grad([from], leaves, gradient, allow_unused: true)!;
        try
        {
            torch.autograd.backward([from], gradient, inputs: leaves);
            return [.. leaves.Select(leaf => leaf.grad)];
        }
        finally
        {
            foreach (var leaf in leaves) leaf.grad = null;
        }
    }

    // bfloat16 has too few digits for a long sum: only a lone gradient stays in it. Some sparse ones, which are small, are kept side by side.
    private static void Add(List<torch.Tensor> sums, torch.Tensor gradient, bool isLast)
    {
        using var noGrad = torch.no_grad();
        if (isLast || gradient.is_sparse && sums.Count < MostKept) sums.Add(gradient.DetachFromDisposeScope());
        else if (sums.Find(sum => !sum.is_sparse) is { } sum) sum.PlusInPlace(gradient);
        else sums.Add((gradient.is_sparse ? gradient.to_dense() : gradient.to(torch.float32, copy: true)).DetachFromDisposeScope());
    }
}
