namespace Microsoft.ML.PLD;

/// <summary>How an encoder is pre-trained: everything that changes the result but not the weights' shape.</summary>
/// <remarks>The defaults suit a single pass over a modest corpus on one machine; <see cref="Paper"/> is the published setting.</remarks>
public sealed record PretrainingOptions
{
    /// <summary>The number of optimizer steps; both the learning rate and the layer schedule are tied to it. Default: 10,000.</summary>
    public long Steps { get; init; } = 10_000;

    /// <summary>Sequences per optimizer step. Default: 32.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Tokens per sequence, [CLS] and [SEP] included; every sequence is full. Default: 128.</summary>
    public int SequenceLength { get; init; } = 128;

    /// <summary>Which blocks run at each step. Default: progressive layer dropping with the paper's limit, theta = 0.5.</summary>
    public ILayerSchedule LayerSchedule { get; init; } = new ProgressiveLayerDrop();

    /// <summary>
    /// Whether each micro-batch draws a plan of its own, as earlier implementations do; results then depend on the size of micro-batches. Default: false, one plan
    /// for the whole step.
    /// </summary>
    public bool PlanPerMicroBatch { get; init; }

    /// <summary>The learning rate. Default: warm-up to 1e-3 in 2 % of the steps, then linearly to zero.</summary>
    public LearningRateSchedule LearningRate { get; init; } = new();

    /// <summary>The optimizer. Default: BERT's AdamW.</summary>
    public AdamWOptions Optimizer { get; init; } = new();

    /// <summary>The share of the tokens to be predicted. Default: 0.15, as BERT.</summary>
    public double MaskingRate { get; init; } = 0.15;

    /// <summary>Whether all pieces of a word are masked together. Default: false, as the original BERT.</summary>
    public bool WholeWordMasking { get; init; }

    /// <summary>
    /// Whether sequences are pairs of segments, and the model learns whether the second follows the first in its document. Default: false, as RoBERTa;
    /// the paper's setting has it on. Needs documents of several sentences: where each is one short sentence, hardly anything follows.
    /// </summary>
    public bool NextSentencePrediction { get; init; }

    /// <summary>
    /// Whether the decoder's biases start at the logarithms of the word pieces' frequencies in the training text. From zero, as in BERT, a small model
    /// spends hundreds of steps on learning these. Default: true.
    /// </summary>
    public bool FrequencyBias { get; init; } = true;

    /// <summary>The share of activations dropped after the embeddings and each sub-layer. Default: 0, right for a single pass; BERT has 0.1.</summary>
    public double HiddenDropout { get; init; }

    /// <summary>The share of attention probabilities dropped. Default: 0, right for a single pass; BERT has 0.1.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>The share of the corpus held out for validation: more than 0, up to 0.5. Default: 0.02.</summary>
    public double ValidationShare { get; init; } = 0.02;

    /// <summary>The number of held-out sequences of each validation; always the same, with the same masks. Default: 128.</summary>
    public int ValidationSequences { get; init; } = 128;

    /// <summary>
    /// Where the held-out sequences and their masks are drawn from: runs with different seeds are compared on the same ones with the same number. Default: null,
    /// <see cref="Seed"/>.
    /// </summary>
    public ulong? ValidationSeed { get; init; }

    /// <summary>Steps between validations; 0 means twenty of them over the run, at least 50 steps apart. The last step is always validated. Default: 0.</summary>
    public long ValidationInterval { get; init; }

    /// <summary>
    /// Where all randomness comes from: initial weights, batches, masks, gates, dropout. Default: null, drawn from the seed of the <see cref="MLContext"/>;
    /// 1 where there is none.
    /// </summary>
    public ulong? Seed { get; init; }

    internal ulong RunSeed => Seed ?? 1;

    /// <summary>
    /// The paper's setting for BERT-base: sequences of 128 tokens, 4,096 a step, 200,000 steps, next-sentence prediction, dropout 0.1, learning rate 1e-3
    /// with 2 % warm-up and a decay of 0.99 per 1,000 steps, weight decay 0.01, clipping at 1. Section 5.
    /// </summary>
    public static PretrainingOptions Paper { get; } = new()
    {
        Steps = 200_000,
        BatchSize = 4_096,
        NextSentencePrediction = true,
        FrequencyBias = false,
        HiddenDropout = 0.1,
        AttentionDropout = 0.1,
        LearningRate = new() { Peak = 1e-3, WarmupShare = 0.02, Shape = LearningRateShape.Exponential },
    };

    internal IEnumerable<string> Problems()
    {
        if (Steps < 1) yield return $"Steps is {Steps}; expected at least 1.";
        foreach (var problem in Batches().Problems()) yield return problem;
        if (LayerSchedule is null) yield return "LayerSchedule is null; expected for example new DenseSchedule().";
        if (HiddenDropout is not (>= 0 and < 1)) yield return $"HiddenDropout is {HiddenDropout}; expected at least 0 and less than 1.";
        if (AttentionDropout is not (>= 0 and < 1)) yield return $"AttentionDropout is {AttentionDropout}; expected at least 0 and less than 1.";
        if (ValidationShare is not (> 0 and <= 0.5)) yield return $"ValidationShare is {ValidationShare}; expected more than 0, up to 0.5.";
        if (ValidationSequences < 1) yield return $"ValidationSequences is {ValidationSequences}; expected at least 1.";
        if (ValidationInterval < 0) yield return $"ValidationInterval is {ValidationInterval}; expected 0 (automatic) or a number of steps.";
        if (LearningRate is null) yield return "LearningRate is null; expected for example new LearningRateSchedule().";
        if (Optimizer is null) yield return "Optimizer is null; expected for example new AdamWOptions().";
        foreach (var problem in LearningRate?.Problems() ?? []) yield return $"LearningRate.{problem}";
        foreach (var problem in Optimizer?.Problems() ?? []) yield return $"Optimizer.{problem}";
    }

    /// <summary>What the options say of samples.</summary>
    internal PretrainingBatchOptions Batches() => new()
    {
        SequenceLength = SequenceLength, BatchSize = BatchSize, MaskingRate = MaskingRate,
        WholeWordMasking = WholeWordMasking, NextSentencePrediction = NextSentencePrediction,
    };

    /// <summary>What a micro-batch of so many sequences has, at most.</summary>
    internal MicroBatchShape MicroBatch(int rows)
    {
        var masked = (int)Math.Ceiling(MaskingRate * SequenceLength);
        return new(rows, SequenceLength, masked + (NextSentencePrediction ? 1 : 0), rows * masked, HasDropout: HiddenDropout > 0 || AttentionDropout > 0);
    }

    internal IEnumerable<string> Problems(BertConfig config)
    {
        if (SequenceLength > config.MaxPositions)
            yield return $"SequenceLength is {SequenceLength}, but the model has {config.MaxPositions} positions (BertConfig.MaxPositions).";
    }
}
