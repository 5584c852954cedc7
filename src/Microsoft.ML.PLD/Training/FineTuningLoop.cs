using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Trains a <see cref="BertClassifier"/> on labelled texts.</summary>
internal sealed class FineTuningLoop(BertClassifier classifier, FineTuningOptions options, RuntimeOptions runtime, torch.ScalarType type)
{
    /// <param name="texts">The training rows.</param>
    /// <param name="labels">The class of each, from 0.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="checkAlive">Called before every step; throws to stop.</param>
    public void Run(IReadOnlyList<TokenizedText> texts, IReadOnlyList<int> labels, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null)
    {
        var totalSteps = options.StepsFor(texts.Count);
        var meter = new ThroughputMeter(totalSteps);
        long step = 0, tokens = 0;
        var (workers, microBatchSize) = runtime.Cut(classifier.Weights.Device, Math.Min(options.BatchSize, texts.Count), (int)texts.Average(text => text.Ids.Length));
        using var gradients = new GradientStep(classifier.Weights, options.Optimizer, options.LearningRate, totalSteps, workers);

        foreach (var rows in Batches(texts).TakeWhile(_ => step < totalSteps))
        {
            checkAlive?.Invoke();
            var plan = options.LayerSchedule.PlanAt(step, totalSteps, classifier.Config.Layers, options.RunSeed);
            var (loss, rate, norm) = gradients.Take(step, MicroBatches(step, rows, microBatchSize, plan, texts, labels));
            step++;
            tokens += rows.Sum(row => texts[row].Ids.Length);

            var throughput = meter.Measure(step, tokens);
            progress?.Report(new TrainingProgress
            {
                Stage = "Fine-tuning", Step = step, TotalSteps = totalSteps, Loss = loss, LearningRate = rate, GradientNorm = norm,
                Theta = plan.Theta, BlocksRun = plan.Runs.Count, Blocks = plan.Blocks,
                TokensPerSecond = throughput.TokensPerSecond, Elapsed = throughput.Elapsed, Remaining = throughput.Remaining,
            });
        }
    }

    private IEnumerable<int[]> Batches(IReadOnlyList<TokenizedText> texts)
    {
        int[] lengths = [.. texts.Select(text => text.Ids.Length)];
        for (long epoch = 0; ; epoch++)
            foreach (var batch in LengthBuckets.Batches(lengths, options.BatchSize, options.RunSeed, epoch))
                yield return batch;
    }

    private Func<torch.Tensor>[] MicroBatches(
        long step, int[] rows, int microBatchSize, LayerPlan plan, IReadOnlyList<TokenizedText> texts, IReadOnlyList<int> labels) =>
        [.. rows.Chunk(microBatchSize).Select((part, index) => (Func<torch.Tensor>)(() =>
        {
            var dropout = Dropout.For(options.HiddenDropout, options.AttentionDropout, options.RunSeed, step, index * microBatchSize, part.Length, classifier.Weights.Device);
            var logits = classifier.Logits([.. part.Select(row => texts[row])], plan, type, dropout);
            var classes = torch.tensor([.. part.Select(row => (long)labels[row])], device: classifier.Weights.Device);
            // Divided by the rows of the whole step, so that the sum over micro-batches is the step's mean.
            return torch.nn.functional.cross_entropy(logits, classes, reduction: torch.nn.Reduction.Sum) / rows.Length;
        }))];
}
