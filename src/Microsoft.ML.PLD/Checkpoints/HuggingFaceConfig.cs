using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>config.json of a folder in one of <see cref="HuggingFaceLayout.All"/>, as Hugging Face's transformers writes it: the fields that matter here.</summary>
internal sealed record HuggingFaceConfig
{
    // RoBERTa's, where a configuration says nothing; BERT's is 0.
    private const int RobertaPadId = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        MaxDepth = 16,
    };

    [JsonConverter(typeof(WriteOnly<string[]>))]
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
    public string? ProblemType { get; init; }

    [JsonPropertyName("id2label"), JsonConverter(typeof(WriteOnly<IReadOnlyDictionary<string, string>>))]
    public IReadOnlyDictionary<string, string>? Id2Label { get; init; }

    [JsonPropertyName("label2id"), JsonConverter(typeof(WriteOnly<IReadOnlyDictionary<string, int>>))]
    public IReadOnlyDictionary<string, int>? Label2Id { get; init; }

    // What makes another model of it.
    public bool? IsDecoder { get; init; }
    public bool? AddCrossAttention { get; init; }
    public bool? TieWordEmbeddings { get; init; }

    [JsonConverter(typeof(WhetherThere))]
    public bool? QuantizationConfig { get; init; }

    /// <param name="network">The network.</param>
    /// <param name="type">Of the weights.</param>
    public static HuggingFaceConfig From(NetworkDescription network, string type = "float32")
    {
        var (config, padId, layout) = (network.Config, network.Tokenizer.Vocabulary.PadId, HuggingFaceLayout.Of(network.Config));
        var labels = network.Labels is { } names ? names.Select((name, id) => (name, id)).ToArray() : null;
        return new HuggingFaceConfig
        {
            Architectures = [layout.ClassFor(network.Head)],
            ModelType = layout.ModelType,
            VocabSize = config.VocabularySize,
            HiddenSize = config.HiddenSize,
            NumHiddenLayers = config.Layers,
            NumAttentionHeads = config.AttentionHeads,
            IntermediateSize = config.IntermediateSize,
            MaxPositionEmbeddings = config.MaxPositions + layout.PositionOffset(padId),
            TypeVocabSize = config.TypeVocabularySize,
            HiddenAct = NameOf(config.Activation),
            PositionEmbeddingType = "absolute",
            LayerNormEps = config.LayerNormEpsilon,
            InitializerRange = config.InitialDeviation,
            HiddenDropoutProb = 0.1,
            AttentionProbsDropoutProb = 0.1,
            PadTokenId = padId,
            TorchDtype = type,
            ProblemType = network.ProblemType,
            Id2Label = labels?.ToDictionary(label => $"{label.id}", label => label.name),
            Label2Id = labels?.ToDictionary(label => label.name, label => label.id),
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <param name="json">The text of config.json, in UTF-8.</param>
    /// <param name="source">The file, for messages.</param>
    /// <returns>The architecture, the layout of its weights, and the padding's id.</returns>
    /// <exception cref="InvalidDataException">The text is not a configuration that this library can run.</exception>
    public static (BertConfig Config, HuggingFaceLayout Layout, int PadId) Parse(ReadOnlySpan<byte> json, string source)
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
        // The first BERTs said nothing.
        var layout = HuggingFaceLayout.All.FirstOrDefault(layout => layout.ModelType == (read.ModelType ?? HuggingFaceLayout.Bert.ModelType))
            ?? throw Other("model_type", read.ModelType, $"one of {string.Join(", ", HuggingFaceLayout.All.Select(layout => $"'{layout.ModelType}'"))}");
        if (read.PositionEmbeddingType is not (null or "absolute")) throw Other("position_embedding_type", read.PositionEmbeddingType, "'absolute'");
        if (read.IsDecoder is true) throw Other("is_decoder", "true", "an encoder");
        if (read.AddCrossAttention is true) throw Other("add_cross_attention", "true", "an encoder");
        if (read.TieWordEmbeddings is false) throw Other("tie_word_embeddings", "false", "true: word embeddings that are the decoder's weights, too");
        if (read.QuantizationConfig is true) throw new InvalidDataException($"'{source}' has a quantization_config; quantized weights cannot be read. Expected float32, float16 or bfloat16.");
        var padId = read.PadTokenId ?? (layout == HuggingFaceLayout.RobertaPreLayerNorm ? RobertaPadId : 0);
        if (padId is < 0 or > WordPieceVocabulary.MaximumCount) throw Other("pad_token_id", $"{padId}", "an id of the vocabulary");
        var usual = new BertConfig();
        var config = new BertConfig
        {
            VocabularySize = Required(read.VocabSize, "vocab_size"),
            HiddenSize = Required(read.HiddenSize, "hidden_size"),
            Layers = Required(read.NumHiddenLayers, "num_hidden_layers"),
            AttentionHeads = Required(read.NumAttentionHeads, "num_attention_heads"),
            IntermediateSize = Required(read.IntermediateSize, "intermediate_size"),
            MaxPositions = Required(read.MaxPositionEmbeddings, "max_position_embeddings") - layout.PositionOffset(padId),
            TypeVocabularySize = read.TypeVocabSize ?? usual.TypeVocabularySize,
            LayerNormEpsilon = read.LayerNormEps ?? usual.LayerNormEpsilon,
            InitializerRange = read.InitializerRange,
            EmbeddingNorm = layout.EmbeddingNorm,
            NormPlacement = layout.NormPlacement,
            Activation = read.HiddenAct switch
            {
                null or "gelu" or "gelu_python" => Activation.Gelu,
                "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
                "relu" => Activation.Relu,
                _ => throw Other("hidden_act", read.HiddenAct, "'gelu', 'gelu_python', 'gelu_new', 'gelu_pytorch_tanh', 'gelu_fast' or 'relu'"),
            },
        };
        if (layout == HuggingFaceLayout.RobertaPreLayerNorm && config.Activation != Activation.Gelu) throw Other("hidden_act", read.HiddenAct, "'gelu' with this model_type");
        var problems = string.Join(" ", config.Problems());
        return problems.Length == 0 ? (config, layout, padId) : throw new InvalidDataException($"'{source}': {problems}");

        InvalidDataException Other(string field, string? found, string expected) => new($"'{source}' has {field} '{Excerpt.Of(found ?? "")}'; expected {expected}.");
        int Required(int? value, string name) => value ?? throw new InvalidDataException($"'{source}' has no '{name}'.");
    }

    /// <summary>What the outputs of a classifier stand for, by <c>id2label</c>.</summary>
    /// <param name="json">Text that <see cref="Parse"/> has read.</param>
    /// <param name="source">The file, for messages.</param>
    /// <param name="outputs">How many there are.</param>
    /// <returns>A name for each; null: there are not as many, or two are the same.</returns>
    /// <exception cref="InvalidDataException">The model is for a task of another kind than one class, or one number, for a text.</exception>
    public static IReadOnlyList<string>? ParseTask(ReadOnlySpan<byte> json, string source, int outputs)
    {
        Task task;
        try
        {
            task = UntrustedJson.Parse<Task>(json, Json);
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{source}' is not a classifier's configuration in JSON: {Excerpt.Of(failure.Message)}", failure);
        }
        // Others have a layer of the same name for each token, or for each choice.
        if (task.Architectures is { Count: > 0 } classes && !classes.Any(name => name?.EndsWith(NetworkDescription.Classification, StringComparison.Ordinal) is true))
            throw new InvalidDataException($"'{source}' has architectures '{Excerpt.Of(classes[0] ?? "")}'; expected a class that ends in {NetworkDescription.Classification}.");
        if (task.ProblemType is "multi_label_classification" || task.ProblemType is "regression" && outputs > 1)
            throw new InvalidDataException($"'{source}' has problem_type '{task.ProblemType}' and {outputs} outputs; expected one class, or one number, for each text.");
        if (task.Id2Label?.Count != outputs) return null;
        string[] names = [.. Enumerable.Range(0, outputs).Select(id => task.Id2Label.GetValueOrDefault($"{id}") ?? "")];
        return !names.Contains("") && names.Distinct().Count() == outputs ? names : null;
    }

    private static string NameOf(Activation activation) => activation switch
    {
        Activation.Relu => "relu",
        Activation.GeluTanh => "gelu_new",
        _ => "gelu",
    };

    // Of no use here, and a list of tiny texts takes many times its bytes.
    private sealed class WriteOnly<T> : JsonConverter<T> where T : class
    {
        public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Skip();
            return null;
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, JsonSerializerOptions.Default);
    }

    private sealed record Task
    {
        public IReadOnlyList<string?>? Architectures { get; init; }
        public string? ProblemType { get; init; }

        [JsonPropertyName("id2label")]
        public Dictionary<string, string?>? Id2Label { get; init; }
    }

    private sealed class WhetherThere : JsonConverter<bool?>
    {
        public override bool? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            reader.Skip();
            return true;
        }

        public override void Write(Utf8JsonWriter writer, bool? value, JsonSerializerOptions options) => writer.WriteNullValue();
    }
}
