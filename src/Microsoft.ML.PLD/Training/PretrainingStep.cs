namespace Microsoft.ML.PLD;

/// <summary>One optimizer step of pre-training: a batch and a layer plan in, changed weights out.</summary>
/// <param name="model">Changed in place.</param>
/// <param name="options">The training's options.</param>
/// <param name="type">The type of activations.</param>
/// <param name="workers">Micro-batches computed side by side.</param>
internal sealed class PretrainingStep(BertModel model, PretrainingOptions options, TorchSharp.torch.ScalarType type, int workers = 1) : IDisposable
{
    private readonly PretrainingLosses _losses = new(model, type);
    private readonly GradientStep _gradients = new(model.Weights, options.Optimizer, options.LearningRate, options.Steps, workers);

    /// <summary>The time that the optimizer has taken so far.</summary>
    public TimeSpan OptimizerTime => _gradients.OptimizerTime;

    /// <param name="step">From 0.</param>
    /// <param name="batch">The step's batch in micro-batches.</param>
    /// <param name="plan">The blocks to run.</param>
    /// <returns>The step's loss, its learning rate, and the norm of its gradients before clipping.</returns>
    public (double Loss, double LearningRate, double GradientNorm) Take(long step, PretrainingBatch[] batch, LayerPlan plan)
    {
        long masked = batch.Sum(part => (long)part.MaskedLabels.Length), rows = batch.Sum(part => (long)part.Rows);
        var firsts = new long[batch.Length];
        for (var part = 1; part < batch.Length; part++) firsts[part] = firsts[part - 1] + batch[part - 1].Rows;
        return _gradients.Take(step, [.. batch.Select((part, index) => (Func<TorchSharp.torch.Tensor>)(() =>
        {
            var dropout = Dropout.For(options.HiddenDropout, options.AttentionDropout, options.RunSeed, step, firsts[index], part.Rows, model.Device);
            return _losses.Training(part, plan, masked, rows, dropout);
        }))]);
    }

    public void Dispose() => _gradients.Dispose();
}
