using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What pre-training and fine-tuning share of a step: micro-batches to gradients, gradients to weights.</summary>
internal sealed class GradientStep(ParameterStore weights, AdamWOptions optimizer, LearningRateSchedule learningRate, long totalSteps) : IDisposable
{
    // A single overflow is skipped, as every mixed-precision recipe does; a run of them means that training has diverged.
    private const int MostSkipped = 10;

    private readonly AdamW _optimizer = new(weights.All, optimizer);
    private int _skipped;

    /// <summary>Backpropagates the losses of a step's micro-batches, which add up to the step's loss, and updates the weights.</summary>
    /// <returns>The step's loss, its learning rate, and the norm of its gradients before clipping.</returns>
    /// <exception cref="InvalidOperationException">The loss or its gradients were not numbers in several steps on end.</exception>
    public (double Loss, double LearningRate, double GradientNorm) Take(long step, IEnumerable<Func<torch.Tensor>> microBatchLosses)
    {
        using var stepScope = torch.NewDisposeScope();
        using var gradientsOn = torch.enable_grad(); // whatever the caller's thread has switched off
        torch.Tensor? total = null;
        foreach (var microBatch in microBatchLosses)
        {
            using var scope = torch.NewDisposeScope();
            var part = microBatch();
            part.backward();
            total = (total is null ? part.detach() : total + part.detach()).MoveToOuterDisposeScope();
        }
        var loss = total!.item<float>(); // device sync: the norm, next, would wait as long
        var rate = learningRate.At(step, totalSteps);
        var norm = _optimizer.Step(rate);
        _optimizer.ZeroGrad(); // to null: a block that the next step drops must have no gradient at all
        _skipped = double.IsFinite(norm) ? 0 : _skipped + 1;
        if (_skipped == MostSkipped)
            throw new InvalidOperationException(
                $"Training has diverged: the gradients of {MostSkipped} steps on end, up to step {step + 1}, were not finite. "
                + $"The learning rate is {rate:G3}; try a lower one, or a longer warm-up.");
        return (loss, rate, norm);
    }

    public void Dispose() => _optimizer.Dispose();
}
