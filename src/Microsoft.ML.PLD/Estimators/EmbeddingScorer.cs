using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores a text by the vector that the encoder has for it.</summary>
internal sealed class EmbeddingScorer : ITextScorer
{
    private readonly BertModel _model;
    private readonly TextEncoding _encoding;
    private readonly Pooling _pooling;
    private readonly torch.ScalarType _type;

    /// <param name="model">Owned from here on.</param>
    /// <param name="pooling">How the vectors of a text's tokens become one.</param>
    /// <param name="maxLength">The most tokens of a text or pair.</param>
    /// <param name="type">The type of activations.</param>
    public EmbeddingScorer(BertModel model, Pooling pooling, int maxLength, torch.ScalarType type) =>
        (_model, _encoding, _pooling, _type) = (model, new TextEncoding(model.Tokenizer, maxLength), pooling, type);

    public int Width => _model.Config.HiddenSize;

    public int MaxBatch => 64;

    public void Score(TextBatch texts, Span<float> scores) =>
        _encoding.Score(texts, Width, scores, _model.Device, some => _model.Embed(some, _pooling, _type));

    public void Dispose() => _model.Dispose();
}
