using System.Text.Json;

namespace Microsoft.ML.PLD;

/// <summary>What Sentence-transformers keeps beside an encoder: how one vector is made of a text's tokens, and how much of a text is read.</summary>
/// <remarks>modules.json lists what is applied one after the other, and where each part's settings are. https://www.sbert.net.</remarks>
internal static class SentenceModules
{
    /// <summary>The file without which a folder is no model of Sentence-transformers.</summary>
    public const string List = "modules.json";

    private const string Encoder = "sentence_bert_config.json", PoolingFolder = "1_Pooling", Config = "config.json", Types = "sentence_transformers.models.";
    private const int LongestFile = 1 << 16;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, MaxDepth = 16, RespectNullableAnnotations = true };

    /// <summary>Makes the files' contents.</summary>
    /// <param name="pooling">Of the encoder.</param>
    /// <param name="hiddenSize">Numbers in a vector.</param>
    /// <param name="maxLength">The most tokens of a text.</param>
    /// <param name="add">Takes each file's name, and what writes it.</param>
    public static void Write(Pooling pooling, int hiddenSize, int maxLength, Action<string, Action<Stream>> add)
    {
        void Add(string name, object content) => add(name, stream => JsonSerializer.Serialize(stream, content, Json));
        Add(Encoder, new { MaxSeqLength = maxLength, DoLowerCase = false }); // case is the tokenizer's
        Add($"{PoolingFolder}/{Config}", new PoolingFile
        {
            WordEmbeddingDimension = hiddenSize, PoolingModeClsToken = pooling == Pooling.Cls, PoolingModeMeanTokens = pooling == Pooling.Mean, PoolingModeMaxTokens = pooling == Pooling.Max,
        });
        Add(List, new[] { new Module { Idx = 0, Name = "0", Type = $"{Types}Transformer" }, new Module { Idx = 1, Name = "1", Path = PoolingFolder, Type = $"{Types}Pooling" } });
    }

    /// <summary>How a model folder says that one vector is made of a text's tokens; null: it does not say.</summary>
    /// <exception cref="InvalidDataException">A file is damaged; or there is more than pooling, or another one than this library has.</exception>
    public static Pooling? ReadPooling(string folder)
    {
        var list = Path.Combine(folder, List);
        if (!File.Exists(list)) return null;
        Pooling? pooling = null;
        foreach (var module in Parse<Module?[]>(list))
        {
            if (module is null) throw new InvalidDataException($"'{list}' has an empty entry; expected a module.");
            switch (module.Type.Split('.')[^1])
            {
                case "Transformer" when module.Path.Length > 0:
                    throw new InvalidDataException($"'{list}' has the encoder in '{Excerpt.Of(module.Path)}': read that folder, and give the pooling yourself.");
                case "Transformer" or "Normalize": // each vector's length becomes 1, which no angle between vectors depends on
                    break;
                case "Pooling":
                    pooling = ParsePooling(Path.Combine(folder, Folder(module.Path, list), Config));
                    break;
                default:
                    throw new InvalidDataException($"'{list}' has '{Excerpt.Of(module.Type)}' after the encoder; expected Pooling and perhaps Normalize. With a pooling that you give yourself, the encoder is used alone.");
            }
        }
        return pooling;
    }

    /// <summary>The most tokens of a text that a model folder tells of; null: it does not say.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static int? ReadMaxLength(string folder)
    {
        var encoder = Path.Combine(folder, Encoder);
        return File.Exists(encoder) ? Parse<EncoderFile>(encoder).MaxSeqLength : null;
    }

    private static Pooling ParsePooling(string path)
    {
        var read = File.Exists(path) ? Parse<PoolingFile>(path) : throw new InvalidDataException($"There is no '{path}', which '{List}' names.");
        return read switch
        {
            { PoolingModeClsToken: true, PoolingModeMeanTokens: false, PoolingModeMaxTokens: false, Others: false } => Pooling.Cls,
            { PoolingModeClsToken: false, PoolingModeMeanTokens: true, PoolingModeMaxTokens: false, Others: false } => Pooling.Mean,
            { PoolingModeClsToken: false, PoolingModeMeanTokens: false, PoolingModeMaxTokens: true, Others: false } => Pooling.Max,
            _ => throw new InvalidDataException($"'{path}' pools in another way than by [CLS], the mean or the maximum alone, which is what this library has. Give the pooling yourself."),
        };
    }

    // A stranger's list names no folder outside of the model's.
    private static string Folder(string path, string list) =>
        path.AsSpan().ContainsAny("/\\:") || path is "." or ".." ? throw new InvalidDataException($"'{list}' has the path '{Excerpt.Of(path)}'; expected the name of a folder in the model's.") : path;

    private static T Parse<T>(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.Length > LongestFile) throw new InvalidDataException($"'{path}' has {stream.Length} bytes; expected at most {LongestFile}.");
        try
        {
            return UntrustedJson.Parse<T>(UntrustedJson.ReadAll(stream), Json);
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{path}' is not as Sentence-transformers writes it: {Excerpt.Of(failure.Message)}", failure);
        }
    }

    private sealed record Module
    {
        public int Idx { get; init; }
        public string Name { get; init; } = "";
        public string Path { get; init; } = "";
        public string Type { get; init; } = "";
    }

    private sealed record EncoderFile
    {
        public int? MaxSeqLength { get; init; }
    }

    private sealed record PoolingFile
    {
        public int WordEmbeddingDimension { get; init; }
        public bool PoolingModeClsToken { get; init; }
        public bool PoolingModeMeanTokens { get; init; }
        public bool PoolingModeMaxTokens { get; init; }
        public bool PoolingModeMeanSqrtLenTokens { get; init; }
        public bool PoolingModeWeightedmeanTokens { get; init; }
        public bool PoolingModeLasttoken { get; init; }

        internal bool Others => PoolingModeMeanSqrtLenTokens || PoolingModeWeightedmeanTokens || PoolingModeLasttoken;
    }
}
