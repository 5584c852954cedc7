using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The library's pre-training step, on real text, as <see cref="TrainingLoop"/> runs it.</summary>
internal sealed class OurStep : IDisposable
{
    private readonly BertModel _model;
    private readonly PretrainingOptions _options;
    private readonly PretrainingLosses _losses;
    private readonly GradientStep _step;
    private readonly BatchPrefetcher<PretrainingBatch[]> _batches;
    private readonly Func<long, LayerPlan> _plans;
    private readonly StepShape _shape;
    private readonly Stopwatch _waiting = new(), _all = new();
    private TimeSpan _optimizerBefore;
    private long _done;

    public OurStep(StepShape shape, BookCorpus books, Func<long, LayerPlan> plans, RuntimeOptions? runtime = null)
    {
        runtime ??= new();
        (_shape, _plans) = (shape, plans);
        var options = _options = new PretrainingOptions
        {
            Steps = 1_000_000, BatchSize = shape.BatchSize, SequenceLength = shape.SequenceLength, MaskingRate = StepShape.MaskingRate,
            HiddenDropout = shape.Dropout, AttentionDropout = shape.Dropout, LearningRate = new() { Peak = 1e-3, WarmupShare = 0.0001 },
        };
        var (device, type) = runtime.Apply();
        Type = type;
        var range = new CorpusRange(books.Corpus, 0, books.Corpus.TokenCount);
        var batches = new PretrainingBatches(range, books.Tokenizer.Vocabulary, options.Batches(), seed: 1);
        _model = new BertModel(shape.Config with { VocabularySize = books.Tokenizer.Vocabulary.Count }, books.Tokenizer, nextSentence: false, device, seed: 1);
        var cut = runtime.Cut(device, shape.BatchSize, shape.SequenceLength);
        Memory = MemoryEstimate.Of(_model.Weights, _model.Config, type, cut, shape.BatchSize, options.MicroBatch(cut.MicroBatchSize), keepsCheckpoints: false);
        _losses = new PretrainingLosses(_model, type);
        _step = new GradientStep(_model.Weights, options.Optimizer, cut.Workers, cut.Recompute);
        _batches = new BatchPrefetcher<PretrainingBatch[]>(batches.From(0, cut.MicroBatchSize));
    }

    public torch.ScalarType Type { get; }

    /// <summary>What a training of such steps says it will take.</summary>
    public MemoryEstimate Memory { get; }

    /// <summary>Time for the optimizer over the time of all steps.</summary>
    public double OptimizerShare => (_step.OptimizerTime - _optimizerBefore) / _all.Elapsed;

    /// <summary>Time that steps waited for their batch over the time of all steps.</summary>
    public double DataShare => _waiting.Elapsed / _all.Elapsed;

    public double Loss { get; private set; }

    /// <summary>Forgets what has been measured so far: the first steps compile.</summary>
    public void Restart()
    {
        _waiting.Reset();
        _all.Reset();
        _optimizerBefore = _step.OptimizerTime;
    }

    /// <summary>A training step.</summary>
    /// <returns>The floating-point operations of the step over those of a dense one.</returns>
    public double Run()
    {
        _all.Start();
        _waiting.Start();
        if (!_batches.TryNext(out var batch)) throw new InvalidOperationException("There are no more batches.");
        _waiting.Stop();
        var plan = _plans(_done);
        Loss = _step.Take(_options.LearningRate.At(_done, _options.Steps), _losses.Training(_done, batch, firstRow: 0, batch.Sum(part => (long)part.MaskedLabels.Length), _ => plan, _options)).Loss;
        _done++;
        if (_model.Device.type == DeviceType.CUDA) torch.cuda.synchronize();
        _all.Stop();
        return _shape.Flops(plan) / _shape.Flops(_shape.Dense);
    }

    public void Dispose()
    {
        _batches.Dispose();
        _step.Dispose();
        _model.Dispose();
    }
}
