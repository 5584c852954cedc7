using System.Text;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A model as a folder in Hugging Face's layout.</summary>
internal static class PretrainedFolder
{
    private const string Config = "config.json";
    private const string NextSentenceHead = "cls.seq_relationship.weight", Pooler = $"{PredictionHead.PoolerName}.dense.weight", ClassifierBias = $"{PredictionHead.LastName}.bias";
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
        StagedFiles.Write(folder, Config, add =>
        {
            more?.Invoke(add);
            Write(network, weights, add);
        }, WeightFiles.Index, TokenizerFiles.Added, SentenceModules.List);
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

    public static BertModel Load(string folder, torch.Device device)
    {
        var (config, layout, tokenizer) = ReadArchitecture(folder);
        var padId = tokenizer.Vocabulary.PadId;
        using var files = OpenWeights(folder, config);
        bool Has(string weight) => layout.NamesFor(weight).Any(files.Has);
        var model = new BertModel(config, tokenizer, Has(NextSentenceHead), device, seed: 0, Has(Pooler));
        try
        {
            model.Report = files.ReadInto(model.Weights.Tensors, layout, padId, weight => weight.StartsWith(MaskedLanguageHead.Name, StringComparison.Ordinal));
            model.Weights.Refresh();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads a model with a head of <see cref="NetworkDescription.Classification"/>.</summary>
    /// <returns>The network, and what its outputs stand for; null: the folder does not say.</returns>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>; or there is no such head.</exception>
    public static (BertPredictor Predictor, IReadOnlyList<string>? Labels) LoadPredictor(string folder, torch.Device device)
    {
        var (config, layout, tokenizer) = ReadArchitecture(folder);
        using var files = OpenWeights(folder, config);
        if (layout.NamesFor(ClassifierBias).Select(files.Find).FirstOrDefault(entry => entry is not null) is not { Shape: [>= 1 and <= int.MaxValue and var outputs] })
            throw new InvalidDataException($"The model in '{folder}' has no classifier ('{layout.NameOf(ClassifierBias, NetworkDescription.Classification)}'): it was not fine-tuned, or for another kind of task. BertModel.FromPretrained reads its encoder.");
        files.ExpectRoomFor(config, Config, (int)outputs);
        var configFile = Path.Combine(folder, Config);
        var labels = HuggingFaceConfig.ParseTask(ReadText(configFile), configFile, (int)outputs);
        var predictor = new BertPredictor(config, tokenizer, (int)outputs, Pooling.Cls, device, seed: 0);
        try
        {
            predictor.Report = files.ReadInto(predictor.Weights.Tensors, layout, tokenizer.Vocabulary.PadId);
            predictor.Weights.Refresh();
            return (predictor, labels);
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }

    private static (BertConfig Config, HuggingFaceLayout Layout, WordPieceTokenizer Tokenizer) ReadArchitecture(string folder)
    {
        if (File.Exists(folder))
            throw new DirectoryNotFoundException(
                $"'{folder}' is a file; expected a model folder. mlContext.Model.Load reads what mlContext.Model.Save wrote; FromPretrained of the transformers, such as PldBertTransformer, reads an ONNX model.");
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException(
                $"The model folder '{folder}' does not exist (full path '{Path.GetFullPath(folder)}'). Nothing is downloaded: get a model of the Hugging Face Hub first, "
                + "for example with 'hf download NAME --local-dir FOLDER', and pass that folder.");
        var configFile = Path.Combine(folder, Config);
        var (config, layout, padId) = HuggingFaceConfig.Parse(ReadText(configFile), configFile);
        var tokenizer = TokenizerFiles.Read(folder);
        // Some models have embeddings to spare, so that their number is a round one.
        if (tokenizer.Vocabulary.Count > config.VocabularySize)
            throw new InvalidDataException($"The vocabulary in '{folder}' has {tokenizer.Vocabulary.Count} pieces, but '{configFile}' says vocab_size {config.VocabularySize}.");
        if (tokenizer.Vocabulary.PadId != padId && layout.PositionOffset(padId) > 0)
            throw new InvalidDataException($"The vocabulary in '{folder}' has [PAD] at {tokenizer.Vocabulary.PadId}, but '{configFile}' says pad_token_id {padId}, from which it counts positions.");
        return (config, layout, tokenizer);
    }

    private static WeightFiles OpenWeights(string folder, BertConfig config)
    {
        var files = WeightFiles.Open(folder);
        try
        {
            files.ExpectRoomFor(config, Config);
            return files;
        }
        catch
        {
            files.Dispose();
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
