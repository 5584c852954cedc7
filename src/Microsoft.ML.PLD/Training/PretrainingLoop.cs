using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Trains a <see cref="BertModel"/> on batches of masked text.</summary>
/// <param name="model">Changed in place.</param>
/// <param name="batches">What to learn from.</param>
/// <param name="validation">Held-out batches: always the same.</param>
/// <param name="options">The training's options.</param>
/// <param name="type">The type of activations.</param>
internal sealed class PretrainingLoop(
    BertModel model, PretrainingBatches batches, IReadOnlyList<PretrainingBatch> validation, PretrainingOptions options, torch.ScalarType type)
{
    private const int Validations = 20, FewestStepsBetween = 50;

    private readonly PretrainingLosses _losses = new(model, type);

    /// <param name="runtime">Tells how a batch is cut.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="checkAlive">Called before every step; throws to stop.</param>
    public void Run(RuntimeOptions runtime, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null)
    {
        var meter = new ThroughputMeter(options.Steps);
        var (workers, microBatchSize) = runtime.Cut(model.Device, options.BatchSize, options.SequenceLength);
        using var training = new PretrainingStep(model, options, type, workers);
        using var prefetched = new BatchPrefetcher<PretrainingBatch[]>(batches.From(0, microBatchSize));

        for (long step = 0; step < options.Steps && prefetched.TryNext(out var batch); step++)
        {
            checkAlive?.Invoke();
            var plan = options.LayerSchedule.PlanAt(step, options.Steps, model.Config.Layers, options.RunSeed);
            var (loss, rate, norm) = training.Take(step, batch, plan);
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

    private bool IsValidated(long step)
    {
        var interval = options.ValidationInterval > 0 ? options.ValidationInterval : Math.Max(FewestStepsBetween, options.Steps / Validations);
        return (step + 1) % interval == 0 || step + 1 == options.Steps;
    }
}
