using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What pre-training and fine-tuning share of a step: micro-batches to gradients, gradients to weights.</summary>
/// <param name="weights">Changed in place.</param>
/// <param name="optimizer">The optimizer's options.</param>
/// <param name="learningRate">The learning rate of each step.</param>
/// <param name="totalSteps">What the learning rate is tied to.</param>
/// <param name="workers">Micro-batches computed side by side.</param>
internal sealed class GradientStep(
    ParameterStore weights, AdamWOptions optimizer, LearningRateSchedule learningRate, long totalSteps, int workers = 1) : IDisposable
{
    // A single overflow is skipped, as every mixed-precision recipe does; a run of them means that training has diverged.
    private const int MostSkipped = 10;

    // Gradients of one weight that a worker keeps before it adds them up.
    private const int MostKept = 8;

    private readonly AdamW _optimizer = new(weights.All, optimizer);
    private readonly ComputeWorkers _workers = new(workers);
    private readonly Stopwatch _optimizerClock = new();
    private int _skipped;

    /// <summary>The time that the optimizer has taken so far. Of a CUDA device only what it keeps the processor busy.</summary>
    public TimeSpan OptimizerTime => _optimizerClock.Elapsed;

    /// <summary>Backpropagates the losses of a step's micro-batches, which add up to the step's loss, and updates the weights.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="microBatchLosses">Computes each; on any thread.</param>
    /// <returns>The step's loss, its learning rate, and the norm of its gradients before clipping.</returns>
    /// <exception cref="InvalidOperationException">The loss or its gradients were not numbers in several steps on end.</exception>
    public (double Loss, double LearningRate, double GradientNorm) Take(long step, IReadOnlyList<Func<torch.Tensor>> microBatchLosses)
    {
        using var stepScope = torch.NewDisposeScope();
        var losses = new double[microBatchLosses.Count];
        var gradients = new List<torch.Tensor>[_workers.Count][];
        _workers.Run(worker => gradients[worker] = Gradients(microBatchLosses, worker, losses));
        foreach (var gradient in gradients.SelectMany(weight => weight).SelectMany(gradient => gradient)) stepScope.Attach(gradient);

        var rate = learningRate.At(step, totalSteps);
        _optimizerClock.Start();
        var norm = _optimizer.Step(rate, [.. Enumerable.Range(0, weights.All.Count).Select(weight => gradients.SelectMany(worker => worker[weight]).ToArray())]);
        _optimizerClock.Stop();
        _skipped = double.IsFinite(norm) ? 0 : _skipped + 1;
        if (_skipped == MostSkipped)
            throw new InvalidOperationException(
                $"Training has diverged: the gradients of {MostSkipped} steps on end, up to step {step + 1}, were not finite. "
                + $"The learning rate is {rate:G3}; try a lower one, or a longer warm-up.");
        return (losses.Sum(), rate, norm);
    }

    public void Dispose()
    {
        _workers.Dispose();
        _optimizer.Dispose();
        Allocator.GiveBack();
    }

    // A worker's micro-batches are every so many-th: always the same, and always added in the same order, so that results do not depend on who is first.
    // For each weight: no gradient when nothing ran that has it, or some that add up, of the master and of its copy.
    private List<torch.Tensor>[] Gradients(IReadOnlyList<Func<torch.Tensor>> microBatchLosses, int worker, double[] losses)
    {
        using var gradientsOn = torch.enable_grad(); // whatever the caller's thread has switched off
        var sums = weights.All.Select(_ => new List<torch.Tensor>()).ToArray();
        for (var index = worker; index < microBatchLosses.Count; index += _workers.Count)
        {
            using var scope = torch.NewDisposeScope();
            var loss = microBatchLosses[index]();
            var leaves = weights.All.SelectMany((weight, i) => (weight.Copy is { } copy ? new[] { weight.Value, copy } : [weight.Value]).Select(leaf => (Leaf: leaf, Weight: i))).ToArray();
            var gradients = WayBack.Run(() => torch.autograd.grad([loss], [.. leaves.Select(leaf => leaf.Leaf)], allow_unused: true));
            losses[index] = loss.item<float>(); // device sync
            for (var i = 0; i < leaves.Length; i++)
                if (gradients[i] is { IsInvalid: false } gradient) Add(sums[leaves[i].Weight], gradient, isLast: index + _workers.Count >= microBatchLosses.Count);
        }
        return sums;
    }

    // bfloat16 has too few digits for a long sum: only a lone gradient stays in it. Some sparse ones, which are small, are kept side by side.
    private static void Add(List<torch.Tensor> sums, torch.Tensor gradient, bool isLast)
    {
        using var noGrad = torch.no_grad();
        if (isLast || gradient.is_sparse && sums.Count < MostKept) sums.Add(gradient.DetachFromDisposeScope());
        else if (sums.Find(sum => !sum.is_sparse) is { } sum) sum.add_(gradient);
        else sums.Add((gradient.is_sparse ? gradient.to_dense() : gradient.to(torch.float32, copy: true)).DetachFromDisposeScope());
    }
}
