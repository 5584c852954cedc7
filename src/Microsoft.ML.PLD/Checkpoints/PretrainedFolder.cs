using System.Text;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A model as a folder in Hugging Face's layout.</summary>
internal static class PretrainedFolder
{
    private const string Config = "config.json";
    private const string NextSentenceHead = "cls.seq_relationship.weight", Pooler = $"{PredictionHead.PoolerName}.dense.weight", MaskedLanguageHead = "cls.predictions.";
    private const long LongestText = 1 << 20;

    /// <summary>The names of all files.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. TokenizerFiles.All, WeightFiles.Single, Config];

    /// <param name="network">What the weights are of.</param>
    /// <param name="weights">By name.</param>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="precision">Of the numbers in the file.</param>
    /// <param name="more">Writes further files, which are there before the folder counts as whole; null: none.</param>
    public static void Save(
        NetworkDescription network, IReadOnlyDictionary<string, torch.Tensor> weights, string folder, Precision precision = Precision.Float32, Action<Action<string, Action<Stream>>>? more = null)
    {
        using var scope = torch.NewDisposeScope();
        if (precision == Precision.BFloat16) weights = weights.ToDictionary(weight => weight.Key, weight => weight.Value.detach().to(torch.bfloat16));
        // All files before any takes its place: a full disk must not leave the new vocabulary beside the old weights.
        var partial = Directory.CreateDirectory(Path.Combine(folder, $"{Path.GetRandomFileName()}.tmp")).FullName;
        try
        {
            var written = new List<string>();
            void Add(string name, Action<Stream> write)
            {
                AtomicFile.Write(Path.Combine(partial, name), write);
                written.Add(name);
            }
            more?.Invoke(Add);
            Write(network, weights, Add);
            // No config.json until all the rest is there: a folder that has one is whole, also one that is written over.
            File.Delete(Path.Combine(folder, Config));
            // Parts of a model that was here before would be read in place of nothing.
            File.Delete(Path.Combine(folder, WeightFiles.Index));
            foreach (var file in written) File.Move(Path.Combine(partial, file), Path.Combine(folder, file), overwrite: true);
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
        using var scope = torch.NewDisposeScope();
        var tensors = network.Layout.ToFile(weights, network.Head, network.Tokenizer.Vocabulary.PadId);
        TokenizerFiles.Write(network.Tokenizer, network.Config.MaxPositions, add);
        add(WeightFiles.Single, stream => SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" }));
        var type = weights.Values.All(weight => weight.dtype == torch.bfloat16) ? "bfloat16" : "float32";
        add(Config, stream => stream.Write(Encoding.UTF8.GetBytes(HuggingFaceConfig.From(network, type).ToJson() + "\n")));
    }

    /// <summary>Overwrites the weights of a network by those that <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">They are not those of this network.</exception>
    public static void ReadWeights(string folder, NetworkDescription network, ParameterStore weights)
    {
        using var files = WeightFiles.Open(folder);
        files.ReadInto(weights.Tensors, network.Layout, network.Tokenizer.Vocabulary.PadId);
        weights.Refresh();
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
        var configFile = Path.Combine(folder, Config);
        var (config, layout, padId) = HuggingFaceConfig.Parse(ReadText(configFile), configFile);
        var tokenizer = TokenizerFiles.Read(folder);
        // Some models have embeddings to spare, so that their number is a round one.
        if (tokenizer.Vocabulary.Count > config.VocabularySize)
            throw new InvalidDataException($"The vocabulary in '{folder}' has {tokenizer.Vocabulary.Count} pieces, but '{configFile}' says vocab_size {config.VocabularySize}.");
        if (tokenizer.Vocabulary.PadId != padId && layout.PositionOffset(padId) > 0)
            throw new InvalidDataException($"The vocabulary in '{folder}' has [PAD] at {tokenizer.Vocabulary.PadId}, but '{configFile}' says pad_token_id {padId}, from which it counts positions.");
        using var files = WeightFiles.Open(folder);
        files.ExpectRoomFor(config, Config);
        bool Has(string weight) => layout.NamesFor(weight).Any(files.Has);
        var model = new BertModel(config, tokenizer, Has(NextSentenceHead), device, seed: 0, Has(Pooler));
        try
        {
            model.Report = files.ReadInto(model.Weights.Tensors, layout, padId, weight => weight.StartsWith(MaskedLanguageHead, StringComparison.Ordinal));
            model.Weights.Refresh();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static byte[] ReadText(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"The model folder '{Path.GetDirectoryName(path)}' has no {Config}; expected {Config}, {TokenizerFiles.Vocabulary} or {TokenizerFiles.Fast}, and {WeightFiles.Single}.", path);
        using var stream = File.OpenRead(path);
        return stream.Length <= LongestText ? UntrustedJson.ReadAll(stream) : throw new InvalidDataException($"'{path}' has {stream.Length} bytes; expected at most {LongestText}.");
    }
}
