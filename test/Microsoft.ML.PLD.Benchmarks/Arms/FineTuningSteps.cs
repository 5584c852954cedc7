using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The library's fine-tuning steps on labelled texts, as <see cref="TrainingLoop"/> runs them.</summary>
internal sealed class FineTuningSteps : IDisposable
{
    private readonly BertPredictor _predictor;
    private readonly FineTuningTask _task;
    private readonly GradientStep _step;
    private readonly IEnumerator<StepBatch> _batches;
    private readonly int _batchSize;
    private readonly Stopwatch _clock = new();
    private long _done;

    public FineTuningSteps(BertConfig config, WordPieceTokenizer tokenizer, IReadOnlyList<(string Text, int Class)> rows, FineTuningOptions options)
    {
        var runtime = new RuntimeOptions();
        var (device, type) = runtime.Apply();
        var classes = rows.Max(row => row.Class) + 1;
        var examples = new TrainingExamples();
        foreach (var (text, right) in rows) examples.Add([tokenizer.Encode(text, maxLength: options.MaxLength)], right);
        _batchSize = options.BatchSize;
        _predictor = new BertPredictor(config with { VocabularySize = tokenizer.Vocabulary.Count }, tokenizer, classes, options.Pooling, device, seed: 1);
        _task = new FineTuningTask(_predictor, new ClassificationObjective(classes), examples, heldOut: null, options, runtime, type);
        _step = new GradientStep(_predictor.Weights, options.Optimizer, _task.Cut.Workers, _task.Cut.Recompute, rateFactor: _task.RateFactor);
        _batches = _task.From(0, _task.Cut.MicroBatchSize).GetEnumerator();
    }

    /// <summary>The time that the optimizer has taken so far.</summary>
    public TimeSpan OptimizerTime => _step.OptimizerTime;

    /// <summary>The time of all steps so far.</summary>
    public TimeSpan Time => _clock.Elapsed;

    /// <summary>Some steps.</summary>
    /// <returns>The rows learnt from.</returns>
    public double Run(int steps)
    {
        _clock.Start();
        for (var step = 0; step < steps; step++, _done++)
        {
            _batches.MoveNext();
            _step.Take(_task.LearningRate.At(_done, _task.Steps), _batches.Current.Losses);
        }
        _clock.Stop();
        return steps * _batchSize;
    }

    public void Dispose()
    {
        _batches.Dispose();
        _step.Dispose();
        _predictor.Dispose();
    }
}
