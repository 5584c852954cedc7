using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Adds a column with the vector that a pre-trained encoder has for each text.</summary>
/// <remarks>Made by <see cref="PldBertEstimator"/>, or loaded by <c>mlContext.Model.Load</c>.</remarks>
public sealed class PldBertTransformer : TextTransformer, ILoadableModel<PldBertTransformer>
{
    internal const string LoaderSignature = "PldBertTransformer";

    private readonly Settings _settings;

    internal PldBertTransformer(
        IHostEnvironment environment, string inputColumnName, string outputColumnName, BertModel model, Pooling pooling, int maxLength, Precision precision)
        : this(environment, model, new Settings(inputColumnName, outputColumnName, pooling, maxLength, precision, model.NextSentence is not null))
    {
    }

    private PldBertTransformer(IHostEnvironment environment, BertModel model, Settings settings)
        : base(
            environment, new TextColumns(settings.InputColumnName),
            new EmbeddingScorer(model, settings.Pooling, settings.MaxLength, PrecisionChoice.Resolve(settings.Precision, model.Device)),
            [new FeaturesColumn(settings.OutputColumnName, model.Config.HiddenSize)]) =>
        (Model, _settings) = (model, settings);

    /// <summary>The pre-trained encoder: save it as a folder, or fine-tune it. Disposed of with the transformer.</summary>
    public BertModel Model { get; }

    /// <summary>
    /// Makes a transformer of a model folder, as <see cref="BertModel.FromPretrained"/> reads them, or of an ONNX model that <see cref="SaveAsOnnx(string, OnnxExportOptions)"/> has
    /// written, without any training.
    /// </summary>
    /// <param name="mlContext">ML.NET's.</param>
    /// <param name="folder">The folder, or the ONNX model, a file that ends in .onnx, with the tokenizer's files beside it.</param>
    /// <param name="outputColumnName">The column to add with the vectors.</param>
    /// <param name="inputColumnName">The column with the texts; null: as <paramref name="outputColumnName"/>.</param>
    /// <param name="pooling">How one vector is made of a text's tokens; null: as a folder of Sentence-transformers or an ONNX model says, or else <see cref="Pooling.Mean"/>.</param>
    /// <param name="maxLength">The most tokens of a text; 0: as a folder of Sentence-transformers or an ONNX model says, or else 128, or as many as the model has positions for if these are fewer.</param>
    /// <param name="runtime">Where and how to compute; null: the defaults.</param>
    /// <returns>The transformer; yours to dispose of.</returns>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist, or is a file that is no ONNX model. Nothing is downloaded.</exception>
    /// <exception cref="FileNotFoundException">One of the files is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or not of a model that this library can run; the message names it.</exception>
    /// <exception cref="ArgumentException"><paramref name="folder"/> or the name of a column is empty, or <paramref name="runtime"/> cannot be.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> or <paramref name="pooling"/> cannot be.</exception>
    /// <exception cref="InvalidOperationException">The device is not on this machine.</exception>
    public static PldBertTransformer FromPretrained(
        MLContext mlContext, string folder, string outputColumnName, string? inputColumnName = null, Pooling? pooling = null, int maxLength = 0, RuntimeOptions? runtime = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        if (inputColumnName is not null) ArgumentException.ThrowIfNullOrEmpty(inputColumnName);
        if (pooling is { } given && !Enum.IsDefined(given)) throw new ArgumentOutOfRangeException(nameof(pooling), pooling, $"pooling is {pooling}; expected Cls, Mean or Max.");
        runtime ??= new();
        OptionProblems.ThrowIfAny(nameof(RuntimeOptions), [.. runtime.Problems()]);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var onnx = OnnxFile.Is(folder) ? new OnnxFile(folder) : null;
        var model = onnx?.LoadModel(DeviceChoice.Resolve(runtime.Device)) ?? BertModel.FromPretrained(folder, runtime.Device);
        try
        {
            const int usual = 128, least = WordPieceTokenizer.SpecialsOfText + 1;
            if (maxLength != 0 && (maxLength < least || maxLength > model.Config.MaxPositions))
                throw new ArgumentOutOfRangeException(nameof(maxLength), maxLength, $"maxLength is {maxLength}; expected 0, or {least} to the model's {model.Config.MaxPositions} positions.");
            pooling ??= onnx?.Pooling ?? SentenceModules.ReadPooling(folder) ?? Pooling.Mean;
            if (maxLength == 0) maxLength = Math.Min(Math.Max(onnx?.MaxLength ?? SentenceModules.ReadMaxLength(folder) ?? usual, least), model.Config.MaxPositions);
            return new PldBertTransformer(mlContext, inputColumnName ?? outputColumnName, outputColumnName, model, pooling.Value, maxLength, runtime.Precision);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the encoder as <see cref="BertModel.SavePretrained"/> does, and beside it how this transformer pools and how much of a text it reads, in the files of
    /// Sentence-transformers: its <c>SentenceTransformer(folder)</c> gives the same vectors, and so does <see cref="FromPretrained"/>.
    /// </summary>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="precision">As in <see cref="BertModel.SavePretrained"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="precision"/> is none of its type.</exception>
    /// <exception cref="IOException">The folder cannot be written to, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">Writing to the folder is not allowed.</exception>
    /// <exception cref="ObjectDisposedException">The transformer or its model has been disposed of.</exception>
    public void SavePretrained(string folder, Precision precision = Precision.Float32)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Enum.IsDefined(precision)) throw new ArgumentOutOfRangeException(nameof(precision), precision, $"precision is {precision}; expected Float32 or BFloat16.");
        Model.Save(folder, precision, add => SentenceModules.Write(_settings.Pooling, Model.Config.HiddenSize, _settings.MaxLength, add));
    }

    /// <summary>Writes the encoder as an ONNX model, with the tokenizer's files beside it: see docs/interchange.md.</summary>
    /// <remarks>
    /// <para>Inputs, int64 [batch, sequence]: <c>input_ids</c>, <c>attention_mask</c>, <c>token_type_ids</c>. Outputs, float32: <c>token_embeddings</c> [batch, sequence, H] and
    /// <c>sentence_embedding</c> [batch, H], the latter as this transformer pools. Both sizes may vary from call to call. ONNX operators of version 17.</para>
    /// </remarks>
    /// <param name="path">The file; its folder is made when it is not there.</param>
    /// <param name="options">How; null: as <see cref="OnnxExportOptions"/> is.</param>
    /// <exception cref="ArgumentException">The options cannot be.</exception>
    /// <exception cref="IOException">The file cannot be written, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">Writing there is not allowed.</exception>
    /// <exception cref="ObjectDisposedException">The transformer or its model has been disposed of.</exception>
    public void SaveAsOnnx(string path, OnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var use = Model.Use();
        OnnxModel.Save(path, options ?? new(), Model.Tokenizer, _settings.MaxLength, Properties, Build);
    }

    /// <summary>Writes the encoder as an ONNX model, and nothing beside it.</summary>
    /// <inheritdoc cref="SaveAsOnnx(string, OnnxExportOptions)" path="/remarks"/>
    /// <param name="stream">Where it goes.</param>
    /// <param name="options">How; null: as <see cref="OnnxExportOptions"/> is.</param>
    /// <exception cref="ArgumentException">The options cannot be.</exception>
    /// <exception cref="InvalidOperationException">The model is larger than the 2 GB that the format allows in one file.</exception>
    /// <exception cref="ObjectDisposedException">The transformer or its model has been disposed of.</exception>
    public void SaveAsOnnx(Stream stream, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var use = Model.Use();
        OnnxModel.Save(stream, options ?? new(), Model.Tokenizer, _settings.MaxLength, Properties, Build);
    }

    private Dictionary<string, string> Properties => new()
    {
        [OnnxFile.Pools] = $"{_settings.Pooling}", [OnnxFile.Config] = HuggingFaceConfig.From(Model.Description with { Head = NetworkDescription.Bare }).ToJson(),
    };

    private void Build(OnnxGraph graph)
    {
        var encoder = new OnnxEncoder(graph, Model.Config, Model.Weights.Tensors);
        var tokens = encoder.Apply(firstOnly: false);
        graph.Output(graph.ToSingle(tokens), "token_embeddings", "The vector of each token; those of padding mean nothing.", "batch", "sequence", $"{Model.Config.HiddenSize}");
        graph.Output(encoder.Pool(tokens, _settings.Pooling), "sentence_embedding", $"One vector for each text: {_settings.Pooling}.", "batch", $"{Model.Config.HiddenSize}");
    }

    /// <summary>How one vector is made of a text's tokens.</summary>
    public Pooling Pooling => _settings.Pooling;

    /// <summary>The most tokens that are read of a text.</summary>
    public int MaxLength => _settings.MaxLength;

    static ModelFormat ILoadableModel<PldBertTransformer>.Format { get; } = new(LoaderSignature, "PLDBERT ");

    static PldBertTransformer ILoadableModel<PldBertTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var settings = SavedNetwork.LoadSettings<Settings>(entries);
        var (config, tokenizer) = SavedNetwork.LoadArchitecture(entries);
        SavedNetwork.CheckSettings(config, settings.Pooling, settings.MaxLength, settings.Precision, settings.InputColumnName, settings.OutputColumnName);
        var model = SavedNetwork.LoadNetwork(
            entries, config, device => new BertModel(config, tokenizer, settings.NextSentence, device, seed: 0), model => model.Weights);
        return new PldBertTransformer(environment, model, settings);
    }

    private protected override void Save(ModelSaveContext context)
    {
        using var use = Model.Use(); // it is public, and may be disposed of by itself
        MLNetAccess.Save<PldBertTransformer>(context, SavedNetwork.Entries(_settings, Model.Config, Model.Tokenizer, Model.Weights));
    }

    private sealed record Settings(string InputColumnName, string OutputColumnName, Pooling Pooling, int MaxLength, Precision Precision, bool NextSentence);
}
