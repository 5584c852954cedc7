namespace Microsoft.ML.PLD;

/// <summary>How an encoder is fine-tuned on labelled text.</summary>
public sealed record FineTuningOptions
{
    /// <summary>Passes over the training rows, unless <see cref="Steps"/> says otherwise. Default: 3.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>The number of optimizer steps; 0 means as many as <see cref="Epochs"/> take. Default: 0.</summary>
    public long Steps { get; init; }

    /// <summary>Rows per optimizer step. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The most tokens of a text or pair, [CLS] and [SEP] included; longer ones are cut, the longer sentence of a pair first. Default: 128.</summary>
    public int MaxLength { get; init; } = 128;

    /// <summary>
    /// The learning rate. Default: warm-up to 1e-4 in 10 % of the steps, then linearly to zero. The paper's table has 3e-5 to 2e-4 for BERT-base;
    /// small encoders take more, up to 1e-3.
    /// </summary>
    public LearningRateSchedule LearningRate { get; init; } = new() { Peak = 1e-4, WarmupShare = 0.1 };

    /// <summary>The optimizer. Default: BERT's AdamW.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>Which blocks run at each step. Default: all of them.</summary>
    public ILayerSchedule LayerSchedule { get; init; } = new DenseSchedule();

    /// <summary>The share of activations dropped after the embeddings, each sub-layer and the pooler. Default: 0.1, as BERT.</summary>
    public double HiddenDropout { get; init; } = 0.1;

    /// <summary>The share of attention probabilities dropped. Default: 0.1, as BERT.</summary>
    public double AttentionDropout { get; init; } = 0.1;

    /// <summary>How a text's token vectors become the one that is classified. Default: [CLS], as BERT.</summary>
    public Pooling Pooling { get; init; } = Pooling.Cls;

    /// <summary>
    /// Where all randomness comes from: the new head's weights, the order of rows, dropout. Default: null, drawn from the seed of the
    /// <see cref="MLContext"/>; 1 where there is none.
    /// </summary>
    public ulong? Seed { get; init; }

    internal ulong RunSeed => Seed ?? 1;

    /// <summary>The number of optimizer steps for a number of training rows.</summary>
    internal long StepsFor(int rows) => Steps > 0 ? Steps : Epochs * (((long)rows + BatchSize - 1) / BatchSize);

    internal IEnumerable<string> Problems()
    {
        if (Epochs < 1) yield return $"Epochs is {Epochs}; expected at least 1.";
        if (Steps < 0) yield return $"Steps is {Steps}; expected 0 (automatic) or more.";
        if (BatchSize < 1) yield return $"BatchSize is {BatchSize}; expected at least 1.";
        if (MaxLength < 5) yield return $"MaxLength is {MaxLength}; expected at least 5: [CLS], a token, [SEP], a token, [SEP].";
        if (LayerSchedule is null) yield return "LayerSchedule is null; expected for example new DenseSchedule().";
        if (HiddenDropout is not (>= 0 and < 1)) yield return $"HiddenDropout is {HiddenDropout}; expected at least 0 and less than 1.";
        if (AttentionDropout is not (>= 0 and < 1)) yield return $"AttentionDropout is {AttentionDropout}; expected at least 0 and less than 1.";
        if (!Enum.IsDefined(Pooling)) yield return $"Pooling is {Pooling}; expected Cls, Mean or Max.";
        if (LearningRate is null) yield return "LearningRate is null; expected for example new LearningRateSchedule().";
        if (Optimizer is null) yield return "Optimizer is null; expected for example new AdamWOptions().";
        foreach (var problem in LearningRate?.Problems() ?? []) yield return $"LearningRate.{problem}";
        foreach (var problem in Optimizer?.Problems() ?? []) yield return $"Optimizer.{problem}";
    }

    internal IEnumerable<string> Problems(BertConfig config)
    {
        if (MaxLength > config.MaxPositions)
            yield return $"MaxLength is {MaxLength}, but the model has {config.MaxPositions} positions (BertConfig.MaxPositions).";
    }
}
