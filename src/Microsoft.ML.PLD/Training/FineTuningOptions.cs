namespace Microsoft.ML.PLD;

/// <summary>How an encoder is fine-tuned on labelled text.</summary>
/// <remarks>Batches larger than <see cref="RuntimeOptions.MicroBatchSize"/> are accumulated from several micro-batches, with the same result.</remarks>
public sealed record FineTuningOptions
{
    /// <summary>Passes over the training rows, unless <see cref="Steps"/> says otherwise. Default: 3.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>The number of optimizer steps; 0 means as many as <see cref="Epochs"/> take. Default: 0.</summary>
    public long Steps { get; init; }

    /// <summary>Rows, or windows of them, per optimizer step. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The most tokens of a text or pair, [CLS] and [SEP] included. Default: 128.</summary>
    public int MaxLength { get; init; } = 128;

    /// <summary>What happens to texts that are longer than <see cref="MaxLength"/>, in training and in scoring. Default: <see cref="LongTexts.Head"/>.</summary>
    public LongTexts LongTexts { get; init; }

    /// <summary>Tokens from the beginning of one window to that of the next, for <see cref="LongTexts.SlidingWindows"/>; 0: half a window. Default: 0.</summary>
    public int WindowStride { get; init; }

    /// <summary>How texts of different lengths are put into batches. Default: <see cref="TextPadding.LengthBuckets"/>.</summary>
    public TextPadding Padding { get; init; }

    /// <summary>
    /// The learning rate. Default: warm-up to 1e-4 in 10 % of the steps, then linearly to zero. The paper's table has 3e-5 to 2e-4 for BERT-base;
    /// small encoders take more, up to 1e-3. A <c>new LearningRateSchedule()</c> has the defaults of pre-training, Peak 1e-3 and WarmupShare 0.02: set both.
    /// </summary>
    public LearningRateSchedule LearningRate { get; init; } = new() { Peak = 1e-4, WarmupShare = 0.1 };

    /// <summary>
    /// The learning rate of each block over that of the block above it, in (0, 1]; the topmost block's over that of the head, and the embeddings' over that of the lowest
    /// block. 1 is the same for all; 0.9 to 0.95 is usual (Howard and Ruder, ACL 2018, section 3.2; Sun et al. 2019, section 5.3.4). Default: 1.
    /// </summary>
    public double LayerwiseDecay { get; init; } = 1;

    /// <summary>How many of the lowest blocks stay as they are, and the embeddings with them: cheaper, and less to learn by heart. Default: 0.</summary>
    public int FrozenBlocks { get; init; }

    /// <summary>
    /// How many of the topmost blocks, and the pooler, begin with new weights, since pre-training has made them for its own task (Zhang et al., "Revisiting Few-sample
    /// BERT Fine-tuning", ICLR 2021, section 5). Default: 0: none, and the pooler as it is.
    /// </summary>
    public int ReinitializedBlocks { get; init; }

    /// <summary>The optimizer. Default: BERT's AdamW.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>Which blocks run at each step. Default: all of them.</summary>
    public ILayerSchedule LayerSchedule { get; init; } = new DenseSchedule();

    /// <summary>The share of activations dropped after the embeddings, each sub-layer and the pooler. Default: 0.1, as BERT.</summary>
    public double HiddenDropout { get; init; } = 0.1;

    /// <summary>The share of attention probabilities dropped. Default: 0.1, as BERT.</summary>
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>How a text's token vectors become the one that is scored. Default: [CLS], as BERT.</summary>
    public Pooling Pooling { get; init; } = Pooling.Cls;

    /// <summary>
    /// How much the rows of each class count. Default: <see cref="ClassWeighting.Equal"/>. For classifiers. Validation counts all rows the same: judge it by another
    /// <see cref="ValidationMetric"/> than the loss.
    /// </summary>
    public ClassWeighting ClassWeighting { get; init; }

    /// <summary>
    /// How much the rows of a class count, by the class's name: <c>true</c> and <c>false</c> for truth values. A class that is not named counts 1. Overrides
    /// <see cref="ClassWeighting"/>. Rows that count 0 are not learned from, but held out, validated and calibrated with like all others: leave them out of the data if they are not to
    /// be. Default: null. For classifiers.
    /// </summary>
    public IReadOnlyDictionary<string, double>? ClassWeights { get; init; }

    /// <summary>The share of the truth that is spread evenly over all classes, in [0, 1). Default: 0; 0.1 is usual. For classifiers.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>
    /// The exponent of the focal loss, which turns training to the rows that are still wrong; at least 0. Default: 0, plain cross entropy; 2 is usual. For classifiers.
    /// Probabilities become too cautious by it, which <see cref="Calibrate"/> mends; judge validations by another <see cref="ValidationMetric"/> than the loss.
    /// </summary>
    public double FocalLossGamma { get; init; }

    /// <summary>
    /// The share of the training rows held out for validation, in [0, 0.9], unless there is a validation set; as much of each class. Default: 0: no validation.
    /// </summary>
    public double ValidationShare { get; init; }

    /// <summary>Steps between validations; 0: one after each epoch. The last step is always validated. Default: 0.</summary>
    public long ValidationInterval { get; init; }

    /// <summary>What validations are judged by. Default: <see cref="ValidationMetric.Loss"/>.</summary>
    public ValidationMetric ValidationMetric { get; init; }

    /// <summary>
    /// Training ends after so many consecutive validations that are no better than the best before; 0: never early. Of equal metrics the one with the lower loss is better.
    /// Default: 0.
    /// </summary>
    public int Patience { get; init; }

    /// <summary>Whether the model is that of the best validation rather than that of the last step. Default: true.</summary>
    public bool RestoreBest { get; init; } = true;

    /// <summary>
    /// Whether, where there is validation, the probabilities of classifiers are fitted to the held-out rows in the end, by a temperature (Guo et al., ICML 2017), which
    /// changes no predicted label. Default: true.
    /// </summary>
    public bool Calibrate { get; init; } = true;

    /// <summary>
    /// Where all randomness comes from: the new head's weights, the order of rows, the rows held out, dropout. Default: null, drawn from the seed of the
    /// <see cref="MLContext"/>; 1 where there is none.
    /// </summary>
    public ulong? Seed { get; init; }

    internal ulong RunSeed => Seed ?? 1;

    /// <summary>The number of optimizer steps for a number of texts.</summary>
    internal long StepsFor(int texts) => Steps > 0 ? Steps : Epochs * StepsPerEpoch(texts);

    internal long StepsPerEpoch(int texts) => ((long)texts + BatchSize - 1) / BatchSize;

    internal IEnumerable<string> Problems()
    {
        if (Epochs < 1) yield return $"Epochs is {Epochs}; expected at least 1.";
        if (Steps < 0) yield return $"Steps is {Steps}; expected 0 (automatic) or more.";
        if (BatchSize < 1) yield return $"BatchSize is {BatchSize}; expected at least 1.";
        if (MaxLength < 5) yield return $"MaxLength is {MaxLength}; expected at least 5: [CLS], a token, [SEP], a token, [SEP].";
        if (WindowStride < 0 || WindowStride > MaxLength) yield return $"WindowStride is {WindowStride}; expected 0 (half a window) to MaxLength ({MaxLength}).";
        if (LayerwiseDecay is not (> 0 and <= 1)) yield return $"LayerwiseDecay is {LayerwiseDecay}; expected more than 0, up to 1.";
        if (LayerSchedule is null) yield return "LayerSchedule is null; expected for example new DenseSchedule().";
        if (HiddenDropout is not (>= 0 and < 1)) yield return $"HiddenDropout is {HiddenDropout}; expected at least 0 and less than 1.";
        if (AttentionDropout is not (>= 0 and < 1)) yield return $"AttentionDropout is {AttentionDropout}; expected at least 0 and less than 1.";
        if (LabelSmoothing is not (>= 0 and < 1)) yield return $"LabelSmoothing is {LabelSmoothing}; expected at least 0 and less than 1.";
        if (FocalLossGamma is not (>= 0 and <= 100)) yield return $"FocalLossGamma is {FocalLossGamma}; expected 0 to 100.";
        foreach (var (name, weight) in ClassWeights ?? new Dictionary<string, double>())
            if (weight is not (>= 0 and <= 1e12)) yield return $"ClassWeights has {weight} for '{name}'; expected a number from 0 to 1e12.";
        if (ValidationShare is not (>= 0 and <= 0.9)) yield return $"ValidationShare is {ValidationShare}; expected 0 (no validation) to 0.9.";
        if (ValidationInterval < 0) yield return $"ValidationInterval is {ValidationInterval}; expected 0 (each epoch) or a number of steps.";
        if (Patience is < 0 or > 300) yield return $"Patience is {Patience}; expected 0 (never stop early) to 300 validations.";
        foreach (var problem in OptionProblems.Undefined(
            (nameof(Pooling), Pooling), (nameof(LongTexts), LongTexts), (nameof(Padding), Padding), (nameof(ClassWeighting), ClassWeighting), (nameof(ValidationMetric), ValidationMetric)))
            yield return problem;
        if (LearningRate is null) yield return "LearningRate is null; leave it out for the default, or set for example new LearningRateSchedule { Peak = 1e-4, WarmupShare = 0.1 }.";
        if (Optimizer is null) yield return "Optimizer is null; expected for example new AdamWOptions().";
        foreach (var problem in LearningRate?.Problems() ?? []) yield return $"LearningRate.{problem}";
        foreach (var problem in Optimizer?.Problems() ?? []) yield return $"Optimizer.{problem}";
    }

    internal IEnumerable<string> Problems(BertConfig config)
    {
        if (MaxLength > config.MaxPositions)
            yield return $"MaxLength is {MaxLength}, but the model has {config.MaxPositions} positions (BertConfig.MaxPositions).";
        if (FrozenBlocks < 0 || FrozenBlocks > config.Layers) yield return $"FrozenBlocks is {FrozenBlocks}; expected 0 to {config.Layers}, the model's blocks.";
        if (ReinitializedBlocks < 0 || ReinitializedBlocks > config.Layers)
            yield return $"ReinitializedBlocks is {ReinitializedBlocks}; expected 0 to {config.Layers}, the model's blocks.";
        if (FrozenBlocks > 0 && ReinitializedBlocks > 0 && (long)FrozenBlocks + ReinitializedBlocks > config.Layers)
            yield return $"FrozenBlocks ({FrozenBlocks}) and ReinitializedBlocks ({ReinitializedBlocks}) overlap: the model has {config.Layers} blocks, and some would stay as they were drawn.";
    }

    /// <summary>What makes no sense for a kind of trainer.</summary>
    /// <param name="kind">As in "binary classification".</param>
    /// <param name="metrics">Those that it can be judged by.</param>
    /// <param name="hasClasses">Whether it tells classes.</param>
    internal IEnumerable<string> Problems(string kind, bool hasClasses, params ValidationMetric[] metrics)
    {
        if (!metrics.Contains(ValidationMetric)) yield return $"ValidationMetric is {ValidationMetric}; expected for {kind}: {string.Join(", ", metrics)}.";
        if (hasClasses) yield break;
        if (ClassWeighting != ClassWeighting.Equal || ClassWeights is not null) yield return $"ClassWeighting and ClassWeights are for classifiers; {kind} has no classes.";
        if (LabelSmoothing > 0) yield return $"LabelSmoothing is {LabelSmoothing}; it is for classifiers, and {kind} has no classes.";
        if (FocalLossGamma > 0) yield return $"FocalLossGamma is {FocalLossGamma}; it is for classifiers, and {kind} has no classes.";
    }
}
