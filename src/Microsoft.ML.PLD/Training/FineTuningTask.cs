using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Training of a <see cref="BertPredictor"/> on labelled texts.</summary>
internal sealed class FineTuningTask : ITrainingTask
{
    private readonly BertPredictor _predictor;
    private readonly IObjective _objective;
    private readonly TrainingExamples _examples;
    private readonly TrainingExamples? _heldOut;
    private readonly FineTuningOptions _options;
    private readonly torch.ScalarType _type;
    private readonly int[] _lengths;
    private readonly float[] _weights;

    /// <param name="predictor">Changed in place.</param>
    /// <param name="objective">What it is to learn.</param>
    /// <param name="examples">The rows to learn from.</param>
    /// <param name="heldOut">The rows to validate with; null: none.</param>
    /// <param name="options">How to learn.</param>
    /// <param name="runtime">Tells how a batch is cut.</param>
    /// <param name="type">The type of activations.</param>
    /// <param name="ranks">The processes that train together; null: as <see cref="RuntimeOptions.Distributed"/> says.</param>
    public FineTuningTask(
        BertPredictor predictor, IObjective objective, TrainingExamples examples, TrainingExamples? heldOut, FineTuningOptions options, RuntimeOptions runtime, torch.ScalarType type,
        ICollective? ranks = null)
    {
        Ranks = ranks ?? DistributedJob.For(runtime, predictor.Weights.Device);
        ShardsOptimizer = runtime.ShardOptimizer && Ranks.Size > 1;
        (_predictor, _objective, _examples, _heldOut, _options, _type) = (predictor, objective, examples, heldOut, options, type);
        _lengths = [.. examples.Texts.Select(text => text.Ids.Length)];
        _weights = examples.TextWeights();
        Steps = options.StepsFor(_lengths.Length);
        Cut = runtime.Cut(predictor.Weights.Device, Ranks.LargestShareOf(Math.Min(options.BatchSize, _lengths.Length)), options.Padding == TextPadding.MaximumLength ? options.MaxLength : (int)_lengths.Average());
        Runtime = runtime.Values(predictor.Weights.Device, type, Cut, Ranks.Size);
        if (LayerSchedule.CopiesAfter(1, Steps, Steps, predictor.Config.Layers) is { } copies && Enumerable.Range(0, options.FrozenBlocks).Any(block => copies.Sources[block] != block))
            throw new ArgumentException(
                $"LayerSchedule is {LayerSchedule.GetType().Name}, which copies blocks over some of the lowest {options.FrozenBlocks}, that FrozenBlocks keeps as they are; "
                + "expected another schedule, or fewer frozen blocks.");
        // When to validate, when to stop and what to make of the result may change on the way: no step before depends on it.
        string[] without =
        [
            nameof(options.Epochs), nameof(options.ValidationInterval), nameof(options.Patience), nameof(options.RestoreBest), nameof(options.Calibrate), "Optimizer.MaxSkippedSteps",
        ];
        Options = OptionValues.Of(options with { Seed = options.RunSeed, Steps = Steps }, without: without)
            .Concat(OptionValues.Of(predictor.Config, "Config"))
            .Concat(OptionValues.OfPlans(options.LayerSchedule, Steps, predictor.Config.Layers, options.RunSeed))
            .Append(new("Outputs", $"{predictor.Outputs}"))
            .Append(new("Data", examples.Fingerprint()))
            .Append(new(CheckpointKeeper.ValidationData, heldOut?.Fingerprint() ?? "none"))
            .ToDictionary();
    }

    public string Stage => "Fine-tuning";
    public long Steps { get; }
    public ParameterStore Weights => _predictor.Weights;
    public NetworkDescription Network => new(_predictor.Config, _predictor.Tokenizer, NetworkDescription.Classification);
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
    public int Patience => _heldOut is null ? 0 : _options.Patience;
    public bool RestoresBest => _heldOut is not null && _options.RestoreBest;

    private long StepsPerEpoch => _options.StepsPerEpoch(_lengths.Length);

    public double RateFactor(string weight) => LayerwiseRate.Of(weight, _predictor.Config.Layers, _options.LayerwiseDecay, _options.FrozenBlocks);

    public MemoryEstimate Memory(bool keepsCheckpoints)
    {
        var length = Math.Max(PaddedLength, _lengths.Max());
        var batch = new MicroBatchShape(
            Cut.MicroBatchSize, length, OutputsPerRow: _predictor.Pooling == Pooling.Cls ? 1 : length, Predictions: 0,
            HasDropout: _options.HiddenDropout > 0 || _options.AttentionDropout > 0);
        var memory = MemoryEstimate.Of(Weights, _predictor.Config, _type, Cut, Ranks.LargestShareOf(Math.Min(_options.BatchSize, _lengths.Length)), batch, keepsCheckpoints, Ranks.Size, ShardsOptimizer);
        return RestoresBest ? memory with { Weights = memory.Weights + memory.Masters } : memory;
    }

    public void Initialize()
    {
    }

    public IEnumerable<StepBatch> From(long step, int microBatchSize)
    {
        for (var (epoch, first) = Math.DivRem(step, StepsPerEpoch); ; epoch++, first = 0)
            foreach (var texts in Batches(epoch).Skip((int)first))
            {
                var (firstRow, rows) = Ranks.ShareOf(texts.Length);
                var share = texts[firstRow..(firstRow + rows)];
                if (LayerSchedule.MeasuresBefore(step, Steps))
                    Measured = Ranks.Mean(
                        rows == 0 ? null : _predictor.Measure(share.Select(text => _examples.Texts[text]).Chunk(microBatchSize), _type), share.Sum(text => _lengths[text]), _predictor.Config.Layers);
                var plan = LayerSchedule.Knowing(Measured).PlanAt(step, Steps, _predictor.Config.Layers, _options.RunSeed).Freeze(_options.FrozenBlocks);
                yield return new StepBatch(plan, plan.ActualShare, Losses(step++, share, firstRow, texts.Length, microBatchSize, plan), texts.Sum(text => (long)_lengths[text]));
            }
    }

    public long DataPosition(long step)
    {
        var (epoch, inEpoch) = Math.DivRem(step, StepsPerEpoch);
        return epoch * _lengths.Length + Math.Min(inEpoch * _options.BatchSize, _lengths.Length);
    }

    public HeldOutResult? Validate(long stepsDone, Action? checkAlive)
    {
        var interval = _options.ValidationInterval > 0 ? _options.ValidationInterval : StepsPerEpoch;
        if (_heldOut is null || stepsDone % interval != 0 && stepsDone != Steps) return null;
        var plan = LayerSchedule.EvaluationPlan(stepsDone, Steps, _predictor.Config.Layers);
        return _objective.Measure(Outputs(_heldOut, checkAlive, plan), [.. _heldOut.Targets], _options.ValidationMetric);
    }

    /// <summary>Ends the training: the outputs become what users are to see.</summary>
    /// <param name="checkAlive">Throws to stop; null: nothing does.</param>
    /// <returns>Whether probabilities were calibrated.</returns>
    public bool Finish(Action? checkAlive = null)
    {
        var calibrates = _heldOut is not null && _options.Calibrate && _objective.Calibrates;
        var (scale, shift) = _objective.Calibrate(calibrates ? Outputs(_heldOut!, checkAlive) : [], calibrates ? [.. _heldOut!.Targets] : []);
        _predictor.Rescale(scale, shift);
        return calibrates;
    }

    // No more texts at once than training has, whose memory is known to be there.
    private float[] Outputs(TrainingExamples examples, Action? checkAlive, LayerPlan? plan = null)
    {
        var outputs = new float[examples.Texts.Count * _predictor.Outputs];
        var (first, count) = Ranks.ShareOf(examples.Texts.Count);
        TextScoring.Score(
            [.. examples.Texts.Skip(first).Take(count)], _predictor.Outputs, Weights.Device, some => _predictor.Predict(some, _type, plan),
            Math.Min(TextScoring.MostAtOnce, Cut.MicroBatchSize * Cut.Workers), Ranks.Size > 1 ? null : checkAlive) // one that stops would leave the others waiting
            .CopyTo(outputs, first * _predictor.Outputs);
        Ranks.Sum<float>(outputs);
        return examples.MeanByRow(outputs, _predictor.Outputs);
    }

    /// <summary>What texts are padded to; 0: to the longest of their micro-batch.</summary>
    internal int PaddedLength => _options.Padding == TextPadding.MaximumLength ? _options.MaxLength : 0;

    /// <summary>The texts of each batch of an epoch. Where lengths do not count, all are the same.</summary>
    internal int[][] Batches(long epoch) => LengthBuckets.Batches(
        _options.Padding == TextPadding.LengthBuckets ? _lengths : new int[_lengths.Length], _options.BatchSize, _options.RunSeed, epoch);

    private MicroBatchLoss[] Losses(long step, int[] share, int firstRow, int texts, int microBatchSize, LayerPlan plan) =>
        [.. share.Chunk(microBatchSize).Select((part, index) => (MicroBatchLoss)(pieces =>
        {
            var dropout = Dropout.For(_options.HiddenDropout, _options.AttentionDropout, _options.RunSeed, step, firstRow + index * microBatchSize, part.Length, Weights.Device);
            var outputs = _predictor.Apply([.. part.Select(text => _examples.Texts[text])], plan, _type, dropout, pieces, PaddedLength, firstRow + index * microBatchSize);
            var loss = _objective.Loss(outputs, [.. part.Select(text => _examples.Targets[_examples.Rows[text]])], [.. part.Select(text => _weights[text])]);
            // Divided by the texts of the whole step, so that the sum over micro-batches, and ranks, is the step's mean.
            return loss.DividedBy(texts);
        }))];
}
