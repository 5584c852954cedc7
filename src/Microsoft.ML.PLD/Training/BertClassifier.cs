using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>An encoder with a classification head, and the tokenizer that feeds it.</summary>
/// <remarks>Scoring is thread-safe: the weights are only read.</remarks>
internal sealed class BertClassifier : IDisposable
{
    public BertClassifier(BertConfig config, WordPieceTokenizer tokenizer, int classes, Pooling pooling, torch.Device device, ulong seed)
    {
        (Config, Tokenizer, Classes, Pooling) = (config, tokenizer, classes, pooling);
        Weights = new ParameterStore(device, seed);
        Encoder = new SwitchableEncoder(Weights, config);
        Head = new ClassificationHead(Weights, config, Encoder, pooling, classes);
    }

    public BertConfig Config { get; }
    public WordPieceTokenizer Tokenizer { get; }
    public int Classes { get; }
    public Pooling Pooling { get; }
    public ParameterStore Weights { get; }
    public SwitchableEncoder Encoder { get; }
    private ClassificationHead Head { get; }

    /// <returns>[texts, classes], float32</returns>
    public torch.Tensor Logits(IReadOnlyList<TokenizedText> texts, LayerPlan plan, torch.ScalarType type, Dropout? dropout = null, Recomputation? recomputation = null)
    {
        var batch = TokenBatch.Pad(texts, Tokenizer.Vocabulary.PadId, Weights.Device, firstsOnly: Pooling == Pooling.Cls);
        return Head.Logits(Encoder.Apply(batch, plan, type, dropout, recomputation), batch, dropout);
    }

    /// <returns>[texts, classes], row by row; each row sums to 1</returns>
    public float[] Probabilities(IReadOnlyList<TokenizedText> texts, torch.ScalarType type)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        return Logits(texts, LayerPlan.Dense(Config.Layers), type).softmax(-1).cpu().data<float>().ToArray();
    }

    public void Dispose() => Weights.Dispose();
}
