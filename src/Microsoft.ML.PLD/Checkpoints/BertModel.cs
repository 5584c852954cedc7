using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A pre-trained encoder with its tokenizer and its pre-training heads: what pre-training makes and fine-tuning starts from.</summary>
/// <remarks>
/// Kept as a folder in Hugging Face's layout, see <see cref="SavePretrained"/>. Using it from several threads at once is safe; disposing of it waits for those
/// that use it.
/// </remarks>
public sealed class BertModel : IDisposable
{
    private readonly ParameterStore _weights;
    private readonly UseGuard _guard = new(typeof(BertModel).FullName!);

    /// <param name="config">The architecture.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="nextSentence">Whether it has a next-sentence head, whose pooler fine-tuning starts from.</param>
    /// <param name="device">Where its weights are.</param>
    /// <param name="seed">What they are drawn from.</param>
    /// <param name="pooler">Whether it has a pooler, if it has no next-sentence head: of a fine-tuned model.</param>
    internal BertModel(BertConfig config, WordPieceTokenizer tokenizer, bool nextSentence, torch.Device device, ulong seed, bool pooler = false)
    {
        (Config, Tokenizer) = (config, tokenizer);
        _weights = new ParameterStore(device, seed);
        Encoder = new SwitchableEncoder(_weights, config);
        MaskedLanguage = new MaskedLanguageHead(_weights, config, Encoder);
        NextSentence = nextSentence ? new NextSentenceHead(_weights, config, Encoder) : null;
        HasPooler = nextSentence || pooler;
        if (pooler && !nextSentence) _ = PredictionHead.PoolerOf(_weights, config);
    }

    /// <summary>The architecture.</summary>
    public BertConfig Config { get; }

    /// <summary>The tokenizer that the model was trained with.</summary>
    public WordPieceTokenizer Tokenizer { get; }

    /// <summary>The number of weights, heads included; the decoder shares the word embeddings'.</summary>
    public long ParameterCount => Weights.Count;

    /// <exception cref="ObjectDisposedException">They have been freed.</exception>
    internal ParameterStore Weights
    {
        get
        {
            _guard.ThrowIfEnded();
            return _weights;
        }
    }

    /// <summary>What the folder had, and had not, of this model's weights; null: it was not read from a folder.</summary>
    public WeightsReport? Report { get; internal set; }

    /// <summary>What made it; null: it was read, or made of others.</summary>
    internal TrainingSummary? Training { get; set; }

    internal SwitchableEncoder Encoder { get; }
    internal MaskedLanguageHead MaskedLanguage { get; }
    internal NextSentenceHead? NextSentence { get; }
    internal bool HasPooler { get; }
    internal torch.Device Device => _weights.Device;
    internal NetworkDescription Description => new(
        Config, Tokenizer, !HasTrainedHeads ? NetworkDescription.Bare : NextSentence is null ? NetworkDescription.MaskedLanguage : NetworkDescription.Pretraining);

    // A head that the folder had not is random: saved, it would look like one that was trained.
    private bool HasTrainedHeads => Report is not { Missing.Count: > 0 };

    /// <summary>
    /// Reads a folder that <see cref="SavePretrained"/> wrote, or one of Hugging Face's: BERT (<c>model_type</c> bert), MegatronBERT or RoBERTa-PreLayerNorm, with any head, in
    /// safetensors of float32, float16 or bfloat16, with BERT's tokenizer.
    /// </summary>
    /// <remarks>
    /// The encoder has to be there as a whole. Pre-training heads that are not are random, and heads of other tasks are passed over: <see cref="Report"/> names both. Weights become float32.
    /// </remarks>
    /// <param name="folder">The folder with config.json, vocab.txt or tokenizer.json, and model.safetensors or its parts with their index.</param>
    /// <param name="device">Where the weights go, as <see cref="RuntimeOptions.Device"/>. Default: <c>cpu</c>.</param>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist, or is a file. Nothing is downloaded.</exception>
    /// <exception cref="FileNotFoundException">One of the files is missing.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, or not of a model that this library can run: a decoder, relative positions, another tokenizer, another activation; the message names it.
    /// </exception>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is empty, or <paramref name="device"/> is none.</exception>
    /// <exception cref="InvalidOperationException">The device is not on this machine.</exception>
    public static BertModel FromPretrained(string folder, string device = "cpu")
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return PretrainedFolder.Load(folder, DeviceChoice.Resolve(device));
    }

    /// <summary>
    /// The mean of models that have grown from one another, weight by weight: it has something of what each has learned, often more than any of them (Wortsman et al., "Robust
    /// fine-tuning of zero-shot models", 2022, and "Model soups", ICML 2022). Models that were initialized each for itself have no mean worth having.
    /// </summary>
    /// <param name="models">
    /// At least one, of one architecture and tokenizer; they are not changed. A next-sentence head or pooler that only some have is the mean of theirs.
    /// </param>
    /// <returns>A model of its own, on the processor; yours to dispose of.</returns>
    /// <exception cref="ArgumentException">There are no models, or one is of another architecture or tokenizer.</exception>
    /// <exception cref="ObjectDisposedException">One has been disposed of.</exception>
    public static BertModel Average(params IReadOnlyList<BertModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0) throw new ArgumentException("There are no models; expected at least one.", nameof(models));
        var first = models[0] ?? throw new ArgumentException("Model 1 is null.", nameof(models));
        for (var i = 1; i < models.Count; i++)
            if (models[i] is null || !models[i].Config.IsSameNetworkAs(first.Config) || !models[i].Tokenizer.IsSameAs(first.Tokenizer))
                throw new ArgumentException($"Model {i + 1} of {models.Count} is of another architecture or tokenizer than the first.", nameof(models));
        using var noGrad = torch.no_grad();
        var mean = new BertModel(first.Config, first.Tokenizer, models.Any(model => model.NextSentence is not null), torch.CPU, seed: 0, models.Any(model => model.HasPooler));
        try
        {
            var (sums, counts) = (mean.Weights.Tensors, new Dictionary<string, int>());
            foreach (var model in models)
            {
                using var use = model.Use();
                using var scope = torch.NewDisposeScope();
                foreach (var (name, weight) in model.Weights.Tensors)
                {
                    var count = counts[name] = counts.GetValueOrDefault(name) + 1;
                    if (count == 1) sums[name].copy_(weight);
                    else sums[name].PlusInPlace(weight.cpu());
                }
            }
            foreach (var (name, sum) in sums) sum.TimesInPlace(1.0 / counts[name]);
            mean.Weights.Refresh();
            return mean;
        }
        catch
        {
            mean.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes the model as transformers, Hugging Face's library, reads it: as BERT (<see cref="NormPlacement.Post"/>), RoBERTa-PreLayerNorm (<see cref="NormPlacement.Pre"/>) or
    /// MegatronBERT (Pre without <see cref="BertConfig.EmbeddingNorm"/>), with the masked-language head; beside the weights config.json, the tokenizer in both of its forms, and a
    /// model card, README.md, unless there is one. Files of the same name are replaced, each at once.
    /// </summary>
    /// <remarks>RoBERTa-PreLayerNorm's masked-language head has always GELU: a pre-LN model with another activation gets the <c>model_type</c> pld-bert, which only this library reads.</remarks>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="precision">
    /// The numbers' format: <see cref="Precision.BFloat16"/> halves the file, and keeps three of their digits. Default: <see cref="Precision.Float32"/>, as
    /// <see cref="Precision.Auto"/> is here: a round trip is exact.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="precision"/> is none of its type.</exception>
    /// <exception cref="IOException">The folder cannot be written to, or the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">Writing to the folder is not allowed.</exception>
    public void SavePretrained(string folder, Precision precision = Precision.Float32)
    {
        if (!Enum.IsDefined(precision)) throw new ArgumentOutOfRangeException(nameof(precision), precision, $"precision is {precision}; expected Float32 or BFloat16.");
        Save(folder, precision, more: null);
    }

    /// <summary>As <see cref="SavePretrained"/>, with further files.</summary>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="precision">The numbers' format.</param>
    /// <param name="more">Takes what takes each further file's name, and what writes it; null: none.</param>
    internal void Save(string folder, Precision precision, Action<Action<string, Action<Stream>>>? more)
    {
        using var use = _guard.Use();
        IReadOnlyDictionary<string, torch.Tensor> weights = HasTrainedHeads
            ? Weights.Tensors
            : Weights.Tensors.Where(weight => !weight.Key.StartsWith(MaskedLanguageHead.Name, StringComparison.Ordinal)).ToDictionary();
        PretrainedFolder.Save(Description, weights, folder, precision, ModelCard.Unless(folder, () => ModelCard.Of(Description, weights.Values.Sum(weight => weight.numel()), Training)) + more);
    }

    /// <summary>What each block does to its input when it reads texts: how far it turns and moves each token's vector, on average.</summary>
    /// <param name="texts">At least one; what is longer than <see cref="BertConfig.MaxPositions"/> is cut.</param>
    /// <returns>One for each block, the one at the input first.</returns>
    /// <exception cref="ArgumentException">There are no texts.</exception>
    /// <exception cref="ObjectDisposedException">The weights have been freed.</exception>
    public IReadOnlyList<BlockChange> MeasureBlocks(IEnumerable<string> texts)
    {
        const int atOnce = 32;
        ArgumentNullException.ThrowIfNull(texts);
        using var use = _guard.Use();
        TokenizedText[] all = [.. texts.Select(text => Tokenizer.Encode(text, null, Config.MaxPositions))];
        if (all.Length == 0) throw new ArgumentException("There are no texts to measure with.", nameof(texts));
        return Encoder.Measure(
            all.Chunk(atOnce).Select(some => (Func<TokenBatch>)(() => TokenBatch.Pad(some, Tokenizer.Vocabulary.PadId, Device, firstsOnly: false))), torch.float32);
    }

    /// <summary>One vector for each text.</summary>
    /// <returns>[texts, H], row by row</returns>
    internal float[] Embed(IReadOnlyList<TokenizedText> texts, Pooling pooling, torch.ScalarType type)
    {
        using var use = _guard.Use();
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var scoring = FewRows.Scoring();
        var batch = TokenBatch.Pad(texts, Tokenizer.Vocabulary.PadId, Device, firstsOnly: pooling == Pooling.Cls);
        var hidden = Encoder.Apply(batch, LayerPlan.Dense(Config.Layers), type);
        return Pooler.Apply(Encoder, hidden, batch, pooling).to(torch.float32).cpu().data<float>().ToArray();
    }

    /// <summary>Keeps the weights from being freed until the result is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">They have been freed.</exception>
    internal UseGuard.Usage Use() => _guard.Use();

    /// <summary>Frees the weights.</summary>
    public void Dispose() => _guard.End(_weights.Dispose);
}
