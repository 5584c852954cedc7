namespace Microsoft.ML.PLD;

/// <summary>The architecture of an encoder: everything that changes the shape or the meaning of its weights, and nothing else.</summary>
/// <remarks>
/// Start from a preset and change what you need: <c>BertConfig.Mini with { MaxPositions = 512 }</c>.
/// Pre-training sets <see cref="VocabularySize"/> from the vocabulary. The small presets are deeper than Google's published miniatures of 2020, because
/// layer dropping drops blocks: only with many of them is there something to gain.
/// </remarks>
public sealed record BertConfig
{
    /// <summary>The number of word pieces. Default: 30,522, as bert-base-uncased.</summary>
    public int VocabularySize { get; init; } = 30_522;

    /// <summary>The length of the vector that stands for each token, H. Default: 256.</summary>
    public int HiddenSize { get; init; } = 256;

    /// <summary>The number of transformer blocks, L. Default: 12.</summary>
    public int Layers { get; init; } = 12;

    /// <summary>The number of attention heads of each block; divides <see cref="HiddenSize"/>. Default: 4.</summary>
    public int AttentionHeads { get; init; } = 4;

    /// <summary>The inner size of the feed-forward sub-layers; usually 4 H. Default: 1,024.</summary>
    public int IntermediateSize { get; init; } = 1_024;

    /// <summary>The longest sequence, in tokens, that positions are learned for. Default: 512.</summary>
    public int MaxPositions { get; init; } = 512;

    /// <summary>The number of token types: 2, for first and second sentence.</summary>
    public int TypeVocabularySize { get; init; } = 2;

    /// <summary>Where layer normalization stands. Default: <see cref="NormPlacement.Pre"/>, which layer dropping needs.</summary>
    public NormPlacement NormPlacement { get; init; } = NormPlacement.Pre;

    /// <summary>
    /// Whether a pre-LN encoder normalizes the embeddings too, as the code of the paper's authors does and as RoBERTa-PreLayerNorm: it learns faster from
    /// the start. False is MegatronBERT's layout. A post-LN encoder always does. Default: true.
    /// </summary>
    public bool EmbeddingNorm { get; init; } = true;

    /// <summary>The activation function. Default: exact GELU.</summary>
    public Activation Activation { get; init; } = Activation.Gelu;

    /// <summary>What layer normalization adds to the variance. Default: 1e-12, as BERT.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-12;

    /// <summary>
    /// Whether the positions' initial vectors are waves (Vaswani et al. 2017, section 3.5) of the deviation of other weights, instead of random numbers: what stands
    /// beside a token is then the same turn of the vector everywhere. They are trained like others; a model that is read has its own. Default: false, as BERT.
    /// </summary>
    public bool SinusoidalPositions { get; init; }

    /// <summary>
    /// The standard deviation of initial weights. Default: null, 0.02 sqrt(768 / H): BERT's 0.02 at the size it was made for, and more for narrower
    /// models, which learn nothing for a long time with 0.02. Pre-LN output projections get it divided by sqrt(2 L), as in Megatron-LM.
    /// </summary>
    public double? InitializerRange { get; init; }

    /// <summary>6 blocks, hidden size 128, 2 heads: 1.2 M weights beside the embeddings. For tests and first tries.</summary>
    public static BertConfig Tiny { get; } = Shape(layers: 6, hiddenSize: 128, heads: 2);

    /// <summary>12 blocks, hidden size 256, 4 heads: 9.5 M weights beside the embeddings. Trains on a processor.</summary>
    public static BertConfig Mini { get; } = Shape(layers: 12, hiddenSize: 256, heads: 4);

    /// <summary>12 blocks, hidden size 384, 6 heads: 21 M weights beside the embeddings.</summary>
    public static BertConfig Small { get; } = Shape(layers: 12, hiddenSize: 384, heads: 6);

    /// <summary>12 blocks, hidden size 512, 8 heads: 38 M weights beside the embeddings.</summary>
    public static BertConfig Medium { get; } = Shape(layers: 12, hiddenSize: 512, heads: 8);

    /// <summary>BERT-base: 12 blocks, hidden size 768, 12 heads: 85 M weights beside the embeddings.</summary>
    public static BertConfig Base { get; } = Shape(layers: 12, hiddenSize: 768, heads: 12);

    /// <summary>BERT-large: 24 blocks, hidden size 1,024, 16 heads: 302 M weights beside the embeddings.</summary>
    public static BertConfig Large { get; } = Shape(layers: 24, hiddenSize: 1_024, heads: 16);

    private static BertConfig Shape(int layers, int hiddenSize, int heads) =>
        new() { Layers = layers, HiddenSize = hiddenSize, AttentionHeads = heads, IntermediateSize = 4 * hiddenSize };

    /// <summary>The size of one attention head, H / heads.</summary>
    internal int HeadSize => HiddenSize / AttentionHeads;

    internal bool HasEmbeddingNorm => EmbeddingNorm || NormPlacement == NormPlacement.Post;

    internal double InitialDeviation => InitializerRange ?? 0.02 * Math.Sqrt(768.0 / HiddenSize);

    /// <summary>The weights of the encoder's matrices, which are almost all there are.</summary>
    internal Int128 MatrixWeights =>
        ((Int128)VocabularySize + MaxPositions + TypeVocabularySize) * HiddenSize + (Int128)Layers * (4L * HiddenSize * HiddenSize + 2L * HiddenSize * IntermediateSize);

    // Far above any real model, far below what would overflow a shape or exhaust memory through a hostile config.json.
    private const int Most = 1 << 24;

    /// <summary>Whether weights of one are weights of the other: how they begin does not count.</summary>
    internal bool IsSameNetworkAs(BertConfig other) => WithoutBeginning(this) == WithoutBeginning(other);

    private static BertConfig WithoutBeginning(BertConfig config) => config with { InitializerRange = null, SinusoidalPositions = false };

    /// <summary>What is wrong with the architecture, a sentence each; empty when nothing is.</summary>
    internal IEnumerable<string> Problems()
    {
        foreach (var (name, value, least) in new[]
        {
            (nameof(VocabularySize), VocabularySize, 1), (nameof(HiddenSize), HiddenSize, 1), (nameof(Layers), Layers, 1),
            (nameof(AttentionHeads), AttentionHeads, 1), (nameof(IntermediateSize), IntermediateSize, 1),
            (nameof(MaxPositions), MaxPositions, 2), (nameof(TypeVocabularySize), TypeVocabularySize, 1),
        })
        {
            if (value < least || value > Most) yield return $"{name} is {value}; expected {least} to {Most}.";
        }
        if (AttentionHeads > 0 && HiddenSize % AttentionHeads != 0)
            yield return $"HiddenSize {HiddenSize} is not divisible by AttentionHeads {AttentionHeads}.";
        if (!Enum.IsDefined(NormPlacement)) yield return $"NormPlacement is {NormPlacement}; expected Pre or Post.";
        if (!Enum.IsDefined(Activation)) yield return $"Activation is {Activation}; expected Gelu, GeluTanh or Relu.";
        if (!(LayerNormEpsilon > 0 && LayerNormEpsilon < 1)) yield return $"LayerNormEpsilon is {LayerNormEpsilon}; expected a small positive number, for example 1e-12.";
        if (InitializerRange is not (null or (> 0 and < 10))) yield return $"InitializerRange is {InitializerRange}; expected null (automatic) or a positive number, for example 0.02.";
    }
}
