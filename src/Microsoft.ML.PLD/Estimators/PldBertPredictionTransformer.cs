using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A fine-tuned network over texts or pairs of sentences: what the transformers for classes, truth values and numbers have in common.</summary>
public abstract class PldBertPredictionTransformer : TextTransformer
{
    internal PldBertPredictionTransformer(
        IHostEnvironment environment, PredictionSettings settings, BertPredictor predictor, int width, ScoreFunction function, IReadOnlyList<OutputColumn> outputs)
        : base(environment, new TextColumns(settings.Sentence1ColumnName, settings.Sentence2ColumnName), new PredictionScorer(predictor, settings, width, function), outputs) =>
        (Settings, Predictor) = (settings, predictor);

    /// <summary>The most tokens that the network is given of a text or pair.</summary>
    public int MaxLength => Settings.MaxLength;

    /// <summary>What the folder had beside this network's weights; null: it was not read from a folder.</summary>
    public WeightsReport? Report => Predictor.Report;

    internal PredictionSettings Settings { get; }

    internal BertPredictor Predictor { get; }

    /// <summary>
    /// The fine-tuned encoder as a model that another fine-tuning, or further pre-training, can start from: training on a larger related task first helps small ones
    /// (Phang et al., "Sentence Encoders on STILTs", 2018).
    /// </summary>
    /// <param name="heads">
    /// The model that this one was fine-tuned from, whose pre-training heads the result has as they are: they no longer fit the encoder exactly. The pooler, which next-sentence
    /// prediction shares with fine-tuning, is the fine-tuned one. It is not changed.
    /// </param>
    /// <returns>A model of its own, on the processor; yours to dispose of.</returns>
    /// <exception cref="ObjectDisposedException">This transformer or <paramref name="heads"/> has been disposed of.</exception>
    /// <exception cref="ArgumentException"><paramref name="heads"/> has another architecture or vocabulary.</exception>
    public BertModel ToPretrained(BertModel heads)
    {
        ArgumentNullException.ThrowIfNull(heads);
        if (!heads.Config.IsSameNetworkAs(Predictor.Config) || !heads.Tokenizer.IsSameAs(Predictor.Tokenizer))
            throw new ArgumentException("heads is a model of another architecture or vocabulary; expected the one that was fine-tuned.", nameof(heads));
        using var use = heads.Use();
        using var own = Use();
        var model = new BertModel(heads.Config, heads.Tokenizer, heads.NextSentence is not null, torch.CPU, seed: 0, pooler: true);
        try
        {
            model.Weights.CopyFrom(heads.Weights);
            model.Weights.CopyFrom(Predictor.Weights);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the network as transformers, Hugging Face's library, reads it, as a <c>ForSequenceClassification</c> of the layouts of <see cref="BertModel.SavePretrained"/>: with the
    /// names of the classes (<c>id2label</c>), the tokenizer in both of its forms, and a model card. Files of the same name are replaced, each at once.
    /// </summary>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="precision">As in <see cref="BertModel.SavePretrained"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="precision"/> is none of its type.</exception>
    /// <exception cref="InvalidOperationException">
    /// It pools by the mean or the maximum of the tokens (<see cref="FineTuningOptions.Pooling"/>), and transformers' classes by the first token: export it to ONNX instead.
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written to, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">Writing to the folder is not allowed.</exception>
    /// <exception cref="ObjectDisposedException">This transformer has been disposed of.</exception>
    public void SavePretrained(string folder, Precision precision = Precision.Float32)
    {
        if (!Enum.IsDefined(precision)) throw new ArgumentOutOfRangeException(nameof(precision), precision, $"precision is {precision}; expected Float32 or BFloat16.");
        if (Settings.Pooling != Pooling.Cls)
            throw new InvalidOperationException($"The network pools by {Settings.Pooling}; transformers' ForSequenceClassification reads the first token only. Export it to ONNX instead, or fine-tune with Pooling.Cls.");
        using var use = Use();
        PretrainedFolder.Save(Description, Predictor.Weights.Tensors, folder, precision, ModelCard.Unless(folder, () => ModelCard.Of(Description, Predictor.Weights.Count, Predictor.Training)));
    }

    /// <summary>Writes the network as an ONNX model, with the tokenizer's files beside it: see docs/interchange.md.</summary>
    /// <remarks>
    /// <para>Inputs, int64 [batch, sequence]: <c>input_ids</c>, <c>attention_mask</c>, <c>token_type_ids</c>. Outputs, float32: of classes <c>logits</c> and <c>probabilities</c>
    /// [batch, classes]; of a truth value <c>score</c>, the logarithm of the odds, and <c>probability</c> [batch, 1]; of a number <c>score</c> [batch, 1]. Both sizes may vary from call to
    /// call. ONNX operators of version 17. The names of classes are in the model's metadata, as JSON under <c>labels</c>.</para>
    /// <para>The model sees what it is given: of texts longer than <see cref="FineTuningOptions.MaxLength"/>, choosing a part, or averaging over windows, is left to who calls it.</para>
    /// </remarks>
    /// <param name="path">The file; its folder is made when it is not there.</param>
    /// <param name="options">How; null: as <see cref="OnnxExportOptions"/> is.</param>
    /// <exception cref="ArgumentException">The options cannot be.</exception>
    /// <exception cref="IOException">The file cannot be written, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">Writing there is not allowed.</exception>
    /// <exception cref="ObjectDisposedException">This transformer has been disposed of.</exception>
    public void SaveAsOnnx(string path, OnnxExportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var use = Use();
        OnnxModel.Save(path, options ?? new(), Predictor.Tokenizer, Settings.MaxLength, Properties, Build);
    }

    /// <summary>Writes the network as an ONNX model, and nothing beside it.</summary>
    /// <inheritdoc cref="SaveAsOnnx(string, OnnxExportOptions)" path="/remarks"/>
    /// <param name="stream">Where it goes.</param>
    /// <param name="options">How; null: as <see cref="OnnxExportOptions"/> is.</param>
    /// <exception cref="ArgumentException">The options cannot be.</exception>
    /// <exception cref="InvalidOperationException">The model is larger than the 2 GB that the format allows in one file.</exception>
    /// <exception cref="ObjectDisposedException">This transformer has been disposed of.</exception>
    public void SaveAsOnnx(Stream stream, OnnxExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var use = Use();
        OnnxModel.Save(stream, options ?? new(), Predictor.Tokenizer, Settings.MaxLength, Properties, Build);
    }

    /// <summary>Names what the network puts out, in ONNX.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">[batch, outputs], float32</param>
    private protected abstract void AddOutputs(OnnxGraph graph, string outputs);

    private Dictionary<string, string> Properties => new()
    {
        [OnnxFile.Pools] = $"{Settings.Pooling}", ["labels"] = JsonSerializer.Serialize(OutputNames), [OnnxFile.LongText] = $"{Settings.LongTexts}",
        [OnnxFile.Stride] = Settings.WindowStride.ToString(CultureInfo.InvariantCulture), [OnnxFile.Config] = HuggingFaceConfig.From(Description).ToJson(),
    };

    private void Build(OnnxGraph graph)
    {
        var encoder = new OnnxEncoder(graph, Predictor.Config, Predictor.Weights.Tensors);
        var pooled = graph.FromSingle(encoder.Pool(encoder.Apply(firstOnly: Settings.Pooling == Pooling.Cls), Settings.Pooling));
        var outputs = encoder.Dense(graph.Node("Tanh", "pooler/Tanh", [encoder.Dense(pooled, $"{PredictionHead.PoolerName}.dense")]), PredictionHead.LastName);
        AddOutputs(graph, graph.ToSingle(outputs));
    }

    private NetworkDescription Description => new(Predictor.Config, Predictor.Tokenizer, NetworkDescription.Classification, OutputNames, ProblemType);

    /// <summary>What each output of the network stands for.</summary>
    private protected abstract IReadOnlyList<string> OutputNames { get; }

    /// <summary>What transformers calls the task.</summary>
    private protected virtual string ProblemType => "single_label_classification";

    private protected IReadOnlyList<ModelEntry> Entries => SavedNetwork.Entries(Settings, Predictor.Config, Predictor.Tokenizer, Predictor.Weights);

    /// <summary>Reads a folder of <see cref="SavePretrained"/>, or one of transformers', or an ONNX model.</summary>
    /// <param name="folder">The folder, or the file.</param>
    /// <param name="options">What the columns are called, and how texts are read.</param>
    /// <param name="makeOptions">Makes options of what is read of texts, where there are none.</param>
    /// <param name="make">Makes the transformer.</param>
    private protected static T FromPretrained<T, TOptions>(
        string folder, TOptions? options, Func<FineTuningOptions, TOptions> makeOptions, Func<TOptions, BertPredictor, IReadOnlyList<string>?, T> make) where TOptions : PldBertTrainerOptions
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var device = DeviceChoice.Resolve(options?.Runtime?.Device ?? DeviceChoice.Auto);
        var onnx = OnnxFile.Is(folder) ? new OnnxFile(folder) : null;
        var (predictor, labels) = onnx?.LoadPredictor(device) ?? PretrainedFolder.LoadPredictor(folder, device);
        try
        {
            options ??= makeOptions(onnx is null
                ? new() { MaxLength = Math.Min(new FineTuningOptions().MaxLength, predictor.Config.MaxPositions) }
                : onnx.Reading);
            OptionProblems.ThrowIfAny(typeof(T).Name, [.. options.Problems(predictor.Config)]);
            if (options.FineTuning.Pooling != predictor.Pooling)
                throw new ArgumentException($"FineTuning.Pooling is {options.FineTuning.Pooling}, but the model in '{folder}' pools by {predictor.Pooling}: set FineTuning.Pooling to Pooling.{predictor.Pooling}.", nameof(options));
            return make(options, predictor, labels);
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }

    private protected static InvalidDataException OtherOutputs(string folder, int found, string expected) =>
        new($"The model in '{folder}' has {found} output{(found == 1 ? "" : "s")}; expected {expected}.");

    /// <summary>Reads what <see cref="Entries"/> are.</summary>
    /// <param name="entries">The model's parts.</param>
    /// <param name="columns">Names of columns that the transformer adds beside its score.</param>
    /// <param name="outputs">Numbers that the network makes of a text.</param>
    private protected static (PredictionSettings Settings, BertPredictor Predictor) Load(SavedEntries entries, Func<PredictionSettings, string?[]> columns, Func<int> outputs)
    {
        var settings = SavedNetwork.LoadSettings<PredictionSettings>(entries);
        var (config, tokenizer) = SavedNetwork.LoadArchitecture(entries);
        SavedNetwork.CheckSettings(
            config, settings.Pooling, settings.MaxLength, settings.Precision,
            [settings.Sentence1ColumnName, settings.Sentence2ColumnName, settings.ScoreColumnName, .. columns(settings).Select(name => name ?? "")]);
        SavedNetwork.CheckSettings(settings.LongTexts, settings.WindowStride, settings.MaxLength);
        var width = outputs();
        return (settings, SavedNetwork.LoadNetwork(
            entries, config, device => new BertPredictor(config, tokenizer, width, settings.Pooling, device, seed: 0), predictor => predictor.Weights, width));
    }
}
