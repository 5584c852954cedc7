using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A model as a folder in Hugging Face's layout.</summary>
internal static class PretrainedFolder
{
    public const string Weights = "model.safetensors";

    private const string Config = "config.json", Vocabulary = "vocab.txt", TokenizerConfig = "tokenizer_config.json";
    private const string NextSentenceHead = "cls.seq_relationship.weight", Pooler = $"{PredictionHead.PoolerName}.dense.weight";
    private const long LongestText = 1 << 20;

    /// <summary>The names of all files.</summary>
    public static IReadOnlyList<string> Files { get; } = [Vocabulary, TokenizerConfig, Weights, Config];

    public static void Save(BertModel model, string folder, Precision precision = Precision.Float32)
    {
        using var scope = torch.NewDisposeScope();
        IReadOnlyDictionary<string, torch.Tensor> weights = precision == Precision.BFloat16
            ? model.Weights.Tensors.ToDictionary(weight => weight.Key, weight => weight.Value.detach().to(torch.bfloat16))
            : model.Weights.Tensors;
        // All files before any takes its place: a full disk must not leave the new vocabulary beside the old weights.
        var partial = Directory.CreateDirectory(Path.Combine(folder, $"{Path.GetRandomFileName()}.tmp")).FullName;
        try
        {
            Write(model.Description, weights, (name, write) => AtomicFile.Write(Path.Combine(partial, name), write));
            // No config.json until all the rest is there: a folder that has one is whole, also one that is written over.
            File.Delete(Path.Combine(folder, Config));
            foreach (var file in Files) File.Move(Path.Combine(partial, file), Path.Combine(folder, file), overwrite: true);
        }
        finally
        {
            TryDelete(partial);
        }
    }

    /// <summary>Makes the files' contents.</summary>
    /// <param name="network">What the weights are of.</param>
    /// <param name="weights">By name.</param>
    /// <param name="add">Takes each file's name, and what writes it.</param>
    public static void Write(NetworkDescription network, IReadOnlyDictionary<string, torch.Tensor> weights, Action<string, Action<Stream>> add)
    {
        var (config, tokenizer, head) = network;
        add(Vocabulary, tokenizer.Vocabulary.Save);
        add(TokenizerConfig, Text(JsonSerializer.Serialize(
            new Dictionary<string, object> { ["tokenizer_class"] = "BertTokenizer", ["do_lower_case"] = tokenizer.LowerCase, ["model_max_length"] = config.MaxPositions },
            JsonSerializerOptions.Web)));
        add(Weights, stream => SafetensorsWriter.Write(stream, weights, new Dictionary<string, string> { ["format"] = "pt" }));
        var type = weights.Values.All(weight => weight.dtype == torch.bfloat16) ? "bfloat16" : "float32";
        add(Config, Text(HuggingFaceConfig.From(config, tokenizer.Vocabulary.PadId, head, type).ToJson()));
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What went wrong before, or that nothing did, matters more than what is left behind.
        }
    }

    public static BertModel Load(string folder, torch.Device device)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"The model folder '{folder}' does not exist.");
        var config = HuggingFaceConfig.Parse(ReadText(folder, Config), Path.Combine(folder, Config));
        var vocabulary = WordPieceVocabulary.FromFile(Required(folder, Vocabulary));
        if (vocabulary.Count != config.VocabularySize)
            throw new InvalidDataException($"'{Path.Combine(folder, Vocabulary)}' has {vocabulary.Count} pieces, but '{Config}' says vocab_size {config.VocabularySize}.");
        using var file = SafetensorsReader.Open(Required(folder, Weights));
        file.ExpectRoomFor(config, Config);
        bool Has(string name) => file.Entries.Any(entry => entry.Name == name);
        var model = new BertModel(config, new WordPieceTokenizer(vocabulary, IsLowerCase(folder)), Has(NextSentenceHead), device, seed: 0, Has(Pooler));
        try
        {
            file.ReadInto(model.Weights.Tensors);
            model.Weights.Refresh();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // Hugging Face's default when the file or the field is missing is true.
    private static bool IsLowerCase(string folder)
    {
        if (!File.Exists(Path.Combine(folder, TokenizerConfig))) return true;
        try
        {
            return UntrustedJson.Parse<TokenizerSettings>(ReadText(folder, TokenizerConfig), JsonSerializerOptions.Default).LowerCase;
        }
        catch (JsonException failure)
        {
            throw new InvalidDataException($"'{Path.Combine(folder, TokenizerConfig)}' is not a tokenizer's configuration in JSON: {Excerpt.Of(failure.Message)}", failure);
        }
    }

    private static Action<Stream> Text(string text) => stream => stream.Write(Encoding.UTF8.GetBytes(text + "\n"));

    private static string Required(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"The model folder '{folder}' has no {file}; expected {Config}, {Vocabulary} and {Weights}.", path);
    }

    private static byte[] ReadText(string folder, string file)
    {
        var path = Required(folder, file);
        using var stream = File.OpenRead(path);
        return stream.Length <= LongestText ? UntrustedJson.ReadAll(stream) : throw new InvalidDataException($"'{path}' has {stream.Length} bytes; expected at most {LongestText}.");
    }

    private sealed record TokenizerSettings
    {
        [JsonPropertyName("do_lower_case")]
        public bool LowerCase { get; init; } = true;
    }
}
