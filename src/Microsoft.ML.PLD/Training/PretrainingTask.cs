using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Pre-training of a <see cref="BertModel"/> on masked text.</summary>
internal sealed class PretrainingTask : ITrainingTask
{
    private const int Validations = 20, FewestStepsBetween = 50;

    private readonly BertModel _model;
    private readonly PretrainingOptions _options;
    private readonly CorpusSplit _split;
    private readonly PretrainingBatches _batches;
    private readonly IReadOnlyList<PretrainingBatch> _held;
    private readonly PretrainingLosses _losses;
    private readonly torch.ScalarType _type;

    /// <param name="model">Changed in place.</param>
    /// <param name="corpus">What to learn from.</param>
    /// <param name="options">How.</param>
    /// <param name="runtime">Tells how a batch is cut.</param>
    /// <param name="type">The type of activations.</param>
    /// <param name="validation">What to measure with; null: a share of <paramref name="corpus"/>.</param>
    /// <param name="ranks">The processes that train together; null: as <see cref="RuntimeOptions.Distributed"/> says.</param>
    public PretrainingTask(
        BertModel model, TokenCorpus corpus, PretrainingOptions options, RuntimeOptions runtime, torch.ScalarType type, TokenCorpus? validation = null, ICollective? ranks = null)
    {
        Ranks = ranks ?? DistributedJob.For(runtime, model.Device);
        ShardsOptimizer = runtime.ShardOptimizer && Ranks.Size > 1;
        (_model, _options, _type) = (model, options, type);
        _split = validation is null ? CorpusSplit.Of(corpus, options.ValidationShare) : new CorpusSplit(corpus.All, validation.All, IsHeldOut: true);
        var (vocabulary, batches) = (model.Tokenizer.Vocabulary, options.Batches());
        _batches = new PretrainingBatches(_split.Training, vocabulary, batches, options.RunSeed);
        _held = new PretrainingBatches(_split.Validation, vocabulary, batches with { BatchSize = options.ValidationSequences }, options.ValidationSeed ?? options.RunSeed, forValidation: true)
            .Parts(0, runtime.MicroBatchSize); // always the same
        _losses = new PretrainingLosses(model, type);
        Cut = runtime.Cut(model.Device, Ranks.LargestShareOf(options.BatchSize), options.SequenceLength);
        Runtime = runtime.Values(model.Device, type, Cut, Ranks.Size);
        Options = OptionValues.Of(options with { Seed = options.RunSeed }, without: [nameof(options.ValidationInterval), "Optimizer.MaxSkippedSteps"])
            .Concat(OptionValues.Of(model.Config, "Config"))
            .Concat(OptionValues.OfPlans(options.LayerSchedule, options.Steps, model.Config.Layers, options.RunSeed))
            .Append(new("Data", validation is null ? corpus.Fingerprint : $"{corpus.Fingerprint}, nothing held out"))
            .Append(new(CheckpointKeeper.ValidationData, validation?.Fingerprint ?? "held out"))
            .ToDictionary();
    }

    public string Stage => "Pre-training";
    public long Steps => _options.Steps;
    public ParameterStore Weights => _model.Weights;
    public NetworkDescription Network => _model.Description;
    public AdamWOptions Optimizer => _options.Optimizer;
    public LearningRateSchedule LearningRate => _options.LearningRate;
    public ILayerSchedule LayerSchedule => _options.LayerSchedule;
    public IReadOnlyDictionary<string, string> Options { get; }
    public IReadOnlyDictionary<string, string> Calls => OptionValues.Of(_options with { Seed = _options.RunSeed }).Append(new("MicroBatchSize", $"{Cut.MicroBatchSize}")).Append(new("ShardOptimizer", $"{ShardsOptimizer}")).ToDictionary();
    public IReadOnlyDictionary<string, string> Runtime { get; }
    public ICollective Ranks { get; }
    public bool ShardsOptimizer { get; }
    public StepCut Cut { get; }
    public IReadOnlyList<BlockChange>? Measured { get; set; }

    public string? Caution => _split.IsHeldOut ? null
        : "The corpus is a single sentence, of which nothing can be held out: validations are of the text that is learned from, and say nothing of other text.";

    public MemoryEstimate Memory(bool keepsCheckpoints)
    {
        var memory = MemoryEstimate.Of(Weights, _model.Config, _type, Cut, Ranks.LargestShareOf(_options.BatchSize), _options.MicroBatch(Cut.MicroBatchSize), keepsCheckpoints, Ranks.Size, ShardsOptimizer);
        // A validation has the logits in three forms: as they come, float32, and their logarithms.
        var logits = _held.Max(part => part.MaskedLabels.Length) * (double)_model.Config.VocabularySize;
        return memory with { Activations = Math.Max(memory.Activations, logits * (_type == torch.float32 ? 4 + 4 : 2 + 4 + 4)) };
    }

    public void Initialize()
    {
        if (_options.FrequencyBias) _model.MaskedLanguage.SetFrequencies(PieceFrequencies.Count(_split.Training, _model.Config.VocabularySize));
    }

    public IEnumerable<StepBatch> From(long step, int microBatchSize)
    {
        var (first, rows) = Ranks.ShareOf(_options.BatchSize);
        using var prefetched = new BatchPrefetcher<PretrainingBatch[]>(_batches.From(step, microBatchSize, first, rows));
        for (; prefetched.TryNext(out var batch); step++)
        {
            if (LayerSchedule.MeasuresBefore(step, Steps)) Measured = Ranks.Mean(batch.Length == 0 ? null : _losses.Measure(batch), rows, _model.Config.Layers);
            // Other micro-batches of other ranks: no two have the same number.
            var part = Ranks.Rank * _options.BatchSize;
            LayerPlan[] plans = [.. Enumerable.Range(0, _options.PlanPerMicroBatch ? Math.Max(1, batch.Length) : 1).Select(index => PlanAt(step, _options.PlanPerMicroBatch ? part + index : 0))];
            double[] masked = [batch.Sum(one => (double)one.MaskedLabels.Length)];
            Ranks.Sum<double>(masked);
            yield return new StepBatch(
                plans[0], plans.Average(plan => plan.ActualShare), _losses.Training(step, batch, first, (long)masked[0], index => plans[Math.Min(index, plans.Length - 1)], _options),
                (long)_options.BatchSize * _options.SequenceLength, IsPlanShared: !_options.PlanPerMicroBatch);
        }
    }

    // No micro-batch draws the numbers of another.
    private LayerPlan PlanAt(long step, int part) =>
        LayerSchedule.Knowing(Measured).PlanAt(step, Steps, _model.Config.Layers, _options.RunSeed + (ulong)part * 0x9E3779B97F4A7C15);

    public long DataPosition(long step) => step * _options.BatchSize;

    public HeldOutResult? Validate(long stepsDone, Action? checkAlive)
    {
        var interval = _options.ValidationInterval > 0 ? _options.ValidationInterval : Math.Max(FewestStepsBetween, _options.Steps / Validations);
        return stepsDone % interval == 0 || stepsDone == _options.Steps
            ? _losses.Validation(_held.Where((_, part) => part % Ranks.Size == Ranks.Rank), Ranks, LayerSchedule.EvaluationPlan(stepsDone, Steps, _model.Config.Layers))
            : null;
    }
}
