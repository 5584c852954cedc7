using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>An encoder with a head that makes a few numbers of a text, logits of classes or a value, and the tokenizer that feeds it.</summary>
/// <remarks>Scoring is thread-safe: the weights are only read.</remarks>
internal sealed class BertPredictor : IDisposable
{
    public BertPredictor(BertConfig config, WordPieceTokenizer tokenizer, int outputs, Pooling pooling, torch.Device device, ulong seed)
    {
        (Config, Tokenizer, Outputs, Pooling) = (config, tokenizer, outputs, pooling);
        Weights = new ParameterStore(device, seed);
        Encoder = new SwitchableEncoder(Weights, config);
        Head = new PredictionHead(Weights, config, Encoder, pooling, outputs);
    }

    public BertConfig Config { get; }
    public WordPieceTokenizer Tokenizer { get; }

    /// <summary>Numbers for each text.</summary>
    public int Outputs { get; }

    public Pooling Pooling { get; }
    public ParameterStore Weights { get; }
    public SwitchableEncoder Encoder { get; }
    private PredictionHead Head { get; }

    /// <summary>What the folder had of its weights; null: it was not read from a folder.</summary>
    public WeightsReport? Report { get; set; }

    /// <summary>What made it; null: it was read.</summary>
    public TrainingSummary? Training { get; set; }

    /// <param name="texts">B texts.</param>
    /// <param name="plan">The blocks to run.</param>
    /// <param name="type">Of the activations.</param>
    /// <param name="dropout">Null: none.</param>
    /// <param name="pieces">Null: none.</param>
    /// <param name="paddedLength">What texts are padded to, if none is longer.</param>
    /// <param name="firstRow">The number of the first text in the step's batch.</param>
    /// <returns>[B, outputs], float32</returns>
    public torch.Tensor Apply(
        IReadOnlyList<TokenizedText> texts, LayerPlan plan, torch.ScalarType type, Dropout? dropout = null, GraphPieces? pieces = null, int paddedLength = 0,
        long firstRow = 0)
    {
        var batch = TokenBatch.Pad(texts, Tokenizer.Vocabulary.PadId, Weights.Device, firstsOnly: Pooling == Pooling.Cls, paddedLength, firstRow);
        return Head.Apply(Encoder.Apply(batch, plan, type, dropout, pieces), batch, dropout);
    }

    /// <summary>What the encoder makes of texts, without dropout.</summary>
    /// <returns>[texts, outputs], row by row</returns>
    public float[] Predict(IReadOnlyList<TokenizedText> texts, torch.ScalarType type, LayerPlan? plan = null)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var scoring = FewRows.Scoring();
        return Apply(texts, plan ?? LayerPlan.Dense(Config.Layers), type).cpu().data<float>().ToArray();
    }

    /// <summary>What each block does to its input.</summary>
    /// <param name="texts">In micro-batches.</param>
    /// <param name="type">Of the activations.</param>
    public BlockChange[] Measure(IEnumerable<TokenizedText[]> texts, torch.ScalarType type) =>
        Encoder.Measure(texts.Select(some => (Func<TokenBatch>)(() => TokenBatch.Pad(some, Tokenizer.Vocabulary.PadId, Weights.Device, firstsOnly: false))), type);

    /// <summary>Makes scale * output + shift of each output from now on: the head's last layer takes it up.</summary>
    public void Rescale(double scale, double shift) => Head.Rescale(scale, shift);

    public void Dispose() => Weights.Dispose();
}
