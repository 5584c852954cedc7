using System.Text.RegularExpressions;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>An architecture of Hugging Face's transformers, and what it calls the weights of this library, whose own names are those of BERT and MegatronBERT.</summary>
internal sealed partial class HuggingFaceLayout
{
    private const string Positions = "bert.embeddings.position_embeddings.weight", PredictionBias = "cls.predictions.bias";

    // Of transformers' modeling_roberta_prelayernorm.py. Its classification head is BERT's pooler and a linear layer by other names.
    private static readonly (string Ours, string Theirs)[] RobertaNames =
    [
        (".attention.ln.", ".attention.LayerNorm."),
        ("bert.encoder.ln.", "bert.LayerNorm."),
        ("cls.predictions.transform.dense.", "lm_head.dense."),
        ("cls.predictions.transform.LayerNorm.", "lm_head.layer_norm."),
        (PredictionBias, "lm_head.bias"),
    ];

    private static readonly (string Ours, string Theirs)[] RobertaClassifierNames =
        [("bert.pooler.dense.", "classifier.dense."), ("classifier.", "classifier.out_proj.")];

    // What old and new files have beside the weights: buffers, and what is another weight again.
    private static readonly string[] Redundant =
        ["embeddings.position_ids", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "lm_head.decoder.weight", "lm_head.decoder.bias"];

    private HuggingFaceLayout(string modelType, string family, string prefix) => (ModelType, Family, Prefix) = (modelType, family, prefix);

    /// <summary>Post-LN.</summary>
    public static HuggingFaceLayout Bert { get; } = new("bert", "Bert", "bert");

    /// <summary>Pre-LN, embeddings as they are.</summary>
    public static HuggingFaceLayout MegatronBert { get; } = new("megatron-bert", "MegatronBert", "bert");

    /// <summary>Pre-LN, normalized embeddings.</summary>
    public static HuggingFaceLayout RobertaPreLayerNorm { get; } = new("roberta-prelayernorm", "RobertaPreLayerNorm", "roberta_prelayernorm");

    /// <summary>
    /// Pre-LN, normalized embeddings, in MegatronBERT's names: for what RoBERTa-PreLayerNorm cannot be, as its masked-language head is always of GELU. transformers does not know it.
    /// </summary>
    public static HuggingFaceLayout PldBert { get; } = new("pld-bert", "PldBert", "bert");

    public static IReadOnlyList<HuggingFaceLayout> All { get; } = [Bert, MegatronBert, RobertaPreLayerNorm, PldBert];

    /// <summary>As config.json has it.</summary>
    public string ModelType { get; }

    /// <summary>What the names of its classes begin with.</summary>
    public string Family { get; }

    /// <summary>What the names of the encoder's weights begin with, except in files of the bare encoder.</summary>
    public string Prefix { get; }

    public NormPlacement NormPlacement => this == Bert ? NormPlacement.Post : NormPlacement.Pre;
    public bool EmbeddingNorm => this != MegatronBert;

    /// <summary>The layout that a network is written in.</summary>
    public static HuggingFaceLayout Of(BertConfig config) => config switch
    {
        { NormPlacement: NormPlacement.Post } => Bert,
        { EmbeddingNorm: false } => MegatronBert,
        { Activation: Activation.Gelu } => RobertaPreLayerNorm,
        _ => PldBert,
    };

    /// <summary>Rows of the position embeddings before the first position's: RoBERTa counts from the padding's id + 1.</summary>
    public int PositionOffset(int padId) => this == RobertaPreLayerNorm ? padId + 1 : 0;

    /// <summary>The name of its class for a head, as <see cref="NetworkDescription.Head"/>.</summary>
    public string ClassFor(string head) => Family + (this == RobertaPreLayerNorm && head == NetworkDescription.Pretraining ? NetworkDescription.MaskedLanguage : head);

    /// <summary>What a weight is called in a file.</summary>
    /// <param name="weight">Our name.</param>
    /// <param name="head">As <see cref="NetworkDescription.Head"/>.</param>
    public string NameOf(string weight, string head)
    {
        if (this != RobertaPreLayerNorm) return weight;
        if (head == NetworkDescription.Classification)
            foreach (var (ours, theirs) in RobertaClassifierNames)
                if (weight.StartsWith(ours, StringComparison.Ordinal)) return theirs + weight[ours.Length..];
        foreach (var (ours, theirs) in RobertaNames) weight = weight.Replace(ours, theirs, StringComparison.Ordinal);
        weight = BlockNorm().Replace(weight, "$1.intermediate.LayerNorm.");
        return weight.StartsWith("bert.", StringComparison.Ordinal) ? Prefix + weight["bert".Length..] : weight;
    }

    /// <summary>The names that a weight may have in a file, the usual one first.</summary>
    public IEnumerable<string> NamesFor(string weight)
    {
        foreach (var head in new[] { NetworkDescription.MaskedLanguage, NetworkDescription.Classification })
        {
            var name = NameOf(weight, head);
            yield return name;
            var bare = name.StartsWith(Prefix + ".", StringComparison.Ordinal) ? name[(Prefix.Length + 1)..] : name;
            yield return bare; // BertModel
            foreach (var one in new[] { name, bare }) // TensorFlow's names, in files of 2018 and 2019
                yield return one.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal);
        }
        if (weight == PredictionBias)
        {
            yield return "cls.predictions.decoder.bias";
            yield return "lm_head.decoder.bias";
        }
    }

    /// <summary>Whether a tensor of a file says nothing that others do not.</summary>
    public static bool IsRedundant(string name) => Redundant.Any(redundant => name.EndsWith(redundant, StringComparison.Ordinal));

    /// <summary>The tensors of a file.</summary>
    /// <param name="weights">By our names.</param>
    /// <param name="head">As <see cref="NetworkDescription.Head"/>.</param>
    /// <param name="padId">The padding's id.</param>
    public Dictionary<string, torch.Tensor> ToFile(IReadOnlyDictionary<string, torch.Tensor> weights, string head, int padId) => weights.ToDictionary(
        weight => NameOf(weight.Key, head),
        weight => weight.Key == Positions && PositionOffset(padId) is > 0 and var offset
            ? torch.cat([torch.zeros(offset, weight.Value.shape[1], dtype: weight.Value.dtype, device: weight.Value.device), weight.Value.detach()])
            : weight.Value);

    /// <summary>What a weight is read into, and what follows once it is: as it is, or by way of a larger tensor.</summary>
    /// <param name="weight">Our name.</param>
    /// <param name="target">The weight.</param>
    /// <param name="padId">The padding's id.</param>
    public (torch.Tensor Target, Action? Then) Receive(string weight, torch.Tensor target, int padId)
    {
        if (weight != Positions || PositionOffset(padId) is var offset && offset == 0) return (target, null);
        var all = torch.empty(target.shape[0] + offset, target.shape[1], dtype: target.dtype, device: target.device);
        return (all, () => target.copy_(all.narrow(0, offset, target.shape[0])));
    }

    [GeneratedRegex(@"(\.layer\.\d+)\.ln\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockNorm();
}
