using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores a text by the vector that the encoder has for it.</summary>
internal sealed class EmbeddingScorer(BertModel model, Pooling pooling, int maxLength, torch.ScalarType type) : ITextScorer
{
    private readonly TextEncoding _encoding = new(model.Tokenizer, maxLength);

    public int Width => model.Config.HiddenSize;

    public int MaxBatch => 64;

    public void Score(TextBatch texts, Span<float> scores) =>
        _encoding.Score(texts, Width, scores, model.Device, some => model.Embed(some, pooling, type));

    public void Dispose() => model.Dispose();
}
