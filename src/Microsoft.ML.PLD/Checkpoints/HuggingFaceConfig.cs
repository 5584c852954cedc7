using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>config.json of a BERT or MegatronBERT folder, as Hugging Face's transformers writes it: the fields that matter here.</summary>
internal sealed record HuggingFaceConfig
{
    private const string Bert = "bert", MegatronBert = "megatron-bert";

    // Pre-LN with normalized embeddings, in MegatronBERT's names: a type of its own, so that nobody loads it as what it is not.
    private const string PldBert = "pld-bert";

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 16,
    };

    [JsonConverter(typeof(WriteOnly))]
    public string[]? Architectures { get; init; }
    public string? ModelType { get; init; }
    public int? VocabSize { get; init; }
    public int? HiddenSize { get; init; }
    public int? NumHiddenLayers { get; init; }
    public int? NumAttentionHeads { get; init; }
    public int? IntermediateSize { get; init; }
    public int? MaxPositionEmbeddings { get; init; }
    public int? TypeVocabSize { get; init; }
    public string? HiddenAct { get; init; }
    public string? PositionEmbeddingType { get; init; }
    public double? LayerNormEps { get; init; }
    public double? InitializerRange { get; init; }
    public double? HiddenDropoutProb { get; init; }
    public double? AttentionProbsDropoutProb { get; init; }
    public int? PadTokenId { get; init; }
    public string? TorchDtype { get; init; }

    public static HuggingFaceConfig From(BertConfig config, int padId, string head, string type = "float32")
    {
        var (modelType, family) = config switch
        {
            { NormPlacement: NormPlacement.Post } => (Bert, "Bert"),
            { EmbeddingNorm: false } => (MegatronBert, "MegatronBert"),
            _ => (PldBert, "PldBert"),
        };
        return new HuggingFaceConfig
        {
            Architectures = [family + head],
            ModelType = modelType,
            VocabSize = config.VocabularySize,
            HiddenSize = config.HiddenSize,
            NumHiddenLayers = config.Layers,
            NumAttentionHeads = config.AttentionHeads,
            IntermediateSize = config.IntermediateSize,
            MaxPositionEmbeddings = config.MaxPositions,
            TypeVocabSize = config.TypeVocabularySize,
            HiddenAct = config.Activation == Activation.Relu ? "relu" : "gelu",
            PositionEmbeddingType = "absolute",
            LayerNormEps = config.LayerNormEpsilon,
            InitializerRange = config.InitialDeviation,
            HiddenDropoutProb = 0.1,
            AttentionProbsDropoutProb = 0.1,
            PadTokenId = padId,
            TorchDtype = type,
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <param name="json">The text of config.json, in UTF-8.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The text is not a configuration that this library can run.</exception>
    public static BertConfig Parse(ReadOnlySpan<byte> json, string source)
    {
        HuggingFaceConfig read;
        try
        {
            read = UntrustedJson.Parse<HuggingFaceConfig>(json, Json);
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{source}' is not a model configuration in JSON: {Excerpt.Of(failure.Message)}", failure);
        }
        var usual = new BertConfig();
        var config = new BertConfig
        {
            VocabularySize = Required(read.VocabSize, "vocab_size"),
            HiddenSize = Required(read.HiddenSize, "hidden_size"),
            Layers = Required(read.NumHiddenLayers, "num_hidden_layers"),
            AttentionHeads = Required(read.NumAttentionHeads, "num_attention_heads"),
            IntermediateSize = Required(read.IntermediateSize, "intermediate_size"),
            MaxPositions = Required(read.MaxPositionEmbeddings, "max_position_embeddings"),
            TypeVocabularySize = read.TypeVocabSize ?? usual.TypeVocabularySize,
            LayerNormEpsilon = read.LayerNormEps ?? usual.LayerNormEpsilon,
            InitializerRange = read.InitializerRange,
            EmbeddingNorm = read.ModelType != MegatronBert,
            NormPlacement = read.ModelType switch
            {
                Bert => NormPlacement.Post,
                MegatronBert or PldBert => NormPlacement.Pre,
                _ => throw new InvalidDataException($"'{source}' has model_type '{Excerpt.Of(read.ModelType ?? "")}'; expected '{Bert}', '{MegatronBert}' or '{PldBert}'."),
            },
            Activation = read.HiddenAct switch
            {
                null or "gelu" => Activation.Gelu,
                "relu" => Activation.Relu,
                _ => throw new InvalidDataException($"'{source}' has hidden_act '{Excerpt.Of(read.HiddenAct)}'; expected 'gelu' or 'relu'."),
            },
        };
        if (read.PositionEmbeddingType is not (null or "absolute"))
            throw new InvalidDataException($"'{source}' has position_embedding_type '{Excerpt.Of(read.PositionEmbeddingType)}'; expected 'absolute'.");
        var problems = string.Join(" ", config.Problems());
        return problems.Length == 0 ? config : throw new InvalidDataException($"'{source}': {problems}");

        int Required(int? value, string name) => value ?? throw new InvalidDataException($"'{source}' has no '{name}'.");
    }

    // Of no use here, and a list of tiny texts takes many times its bytes.
    private sealed class WriteOnly : JsonConverter<string[]>
    {
        public override string[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Skip();
            return null;
        }

        public override void Write(Utf8JsonWriter writer, string[] value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var text in value) writer.WriteStringValue(text);
            writer.WriteEndArray();
        }
    }
}
