using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores a text, or a pair, by the probability of each class.</summary>
internal sealed class ClassScorer : ITextScorer
{
    private readonly BertClassifier _classifier;
    private readonly TextEncoding _encoding;
    private readonly torch.ScalarType _type;

    /// <param name="classifier">Owned from here on.</param>
    /// <param name="maxLength">The most tokens of a text or pair.</param>
    /// <param name="type">The type of activations.</param>
    public ClassScorer(BertClassifier classifier, int maxLength, torch.ScalarType type) =>
        (_classifier, _encoding, _type) = (classifier, new TextEncoding(classifier.Tokenizer, maxLength), type);

    public int Width => _classifier.Classes;

    public int MaxBatch => 64;

    public void Score(TextBatch texts, Span<float> scores) =>
        _encoding.Score(texts, Width, scores, _classifier.Weights.Device, some => _classifier.Probabilities(some, _type));

    public void Dispose() => _classifier.Dispose();
}
