using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>A rank's pre-training steps, as <see cref="TrainingLoop"/> runs them.</summary>
internal sealed class RankSteps : IDisposable
{
    private readonly BertModel _model;
    private readonly PretrainingTask _task;
    private readonly GradientStep _step;
    private readonly IEnumerator<StepBatch> _batches;
    private readonly bool _early;
    private long _done, _bytes, _blocks;

    /// <param name="config">The architecture.</param>
    /// <param name="books">The text.</param>
    /// <param name="options">How to train.</param>
    /// <param name="early">Whether a block's gradients are sent while others are computed.</param>
    /// <param name="sharded">Whether each rank keeps a part of the optimizer's state.</param>
    /// <param name="alone">Whether each rank trains for itself, while the others do.</param>
    public RankSteps(BertConfig config, BookCorpus books, PretrainingOptions options, bool early = false, bool sharded = false, bool alone = false)
    {
        var runtime = new RuntimeOptions { Distributed = !alone, ShardOptimizer = sharded };
        var (device, type) = runtime.Apply();
        _early = early;
        _model = new BertModel(config, books.Tokenizer, nextSentence: false, device, seed: 1);
        _task = new PretrainingTask(_model, books.Corpus, options, runtime, type);
        _step = new GradientStep(_model.Weights, options.Optimizer, _task.Cut.Workers, _task.Cut.Recompute, ranks: _task.Ranks, shardsOptimizer: _task.ShardsOptimizer);
        _batches = _task.From(0, _task.Cut.MicroBatchSize).GetEnumerator();
    }

    public double BytesOfStep => (double)_bytes / _done;

    /// <summary>The mean over all steps.</summary>
    public double BlocksRun => (double)_blocks / _done;

    public void Run(int steps)
    {
        var before = _task.Ranks.Bytes;
        for (var step = 0; step < steps; step++, _done++)
        {
            _batches.MoveNext();
            _blocks += _batches.Current.Plan.Runs.Count;
            _step.Take(_task.LearningRate.At(_done, _task.Steps), _batches.Current.Losses, _early ? _batches.Current.Plan : null);
            if (_model.Device.type == DeviceType.CUDA) torch.cuda.synchronize();
        }
        _bytes += _task.Ranks.Bytes - before;
    }

    public void Dispose()
    {
        _batches.Dispose();
        _step.Dispose();
        _model.Dispose();
    }
}
