using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Trains a <see cref="BertModel"/> on batches of masked text.</summary>
/// <param name="model">Changed in place.</param>
/// <param name="training">What to learn from.</param>
/// <param name="validation">Held-out batches: always the same.</param>
/// <param name="options">The training's options.</param>
/// <param name="type">The type of activations.</param>
internal sealed class PretrainingLoop(
    BertModel model, PretrainingBatches training, IReadOnlyList<PretrainingBatch> validation, PretrainingOptions options, torch.ScalarType type)
{
    private const int Validations = 20, FewestStepsBetween = 50;

    private readonly PretrainingLosses _losses = new(model, type);

    /// <param name="microBatchSize">The most sequences at once.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="checkAlive">Called before every step; throws to stop.</param>
    public void Run(int microBatchSize, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null)
    {
        var meter = new ThroughputMeter(options.Steps);
        using var gradients = new GradientStep(model.Weights, options.Optimizer, options.LearningRate, options.Steps);
        using var batches = new BatchPrefetcher<PretrainingBatch[]>(training.From(0, microBatchSize));

        for (long step = 0; step < options.Steps && batches.TryNext(out var batch); step++)
        {
            checkAlive?.Invoke();
            var plan = options.LayerSchedule.PlanAt(step, options.Steps, model.Config.Layers, options.RunSeed);
            var (loss, rate, norm) = gradients.Take(step, MicroBatchLosses(step, batch, plan));
            (double Loss, double Accuracy)? validated = IsValidated(step) ? _losses.Validation(validation) : null;

            var throughput = meter.Measure(step + 1, (step + 1) * options.BatchSize * options.SequenceLength);
            progress?.Report(new TrainingProgress
            {
                Stage = "Pre-training", Step = step + 1, TotalSteps = options.Steps, Loss = loss, LearningRate = rate, GradientNorm = norm,
                Theta = plan.Theta, BlocksRun = plan.Runs.Count, Blocks = plan.Blocks,
                TokensPerSecond = throughput.TokensPerSecond, Elapsed = throughput.Elapsed, Remaining = throughput.Remaining,
                ValidationLoss = validated?.Loss, ValidationAccuracy = validated?.Accuracy,
            });
        }
    }

    private IEnumerable<Func<torch.Tensor>> MicroBatchLosses(long step, PretrainingBatch[] batch, LayerPlan plan)
    {
        long masked = batch.Sum(part => (long)part.MaskedLabels.Length), rows = batch.Sum(part => (long)part.Rows);
        return batch.Select((part, index) => (Func<torch.Tensor>)(() =>
        {
            using var dropout = Dropout.For(options.HiddenDropout, options.AttentionDropout, options.RunSeed, step, index, model.Device);
            return _losses.Training(part, plan, masked, rows, dropout);
        }));
    }

    private bool IsValidated(long step)
    {
        var interval = options.ValidationInterval > 0 ? options.ValidationInterval : Math.Max(FewestStepsBetween, options.Steps / Validations);
        return (step + 1) % interval == 0 || step + 1 == options.Steps;
    }
}
