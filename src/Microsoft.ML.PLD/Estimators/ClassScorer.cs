using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores a text, or a pair, by the probability of each class.</summary>
internal sealed class ClassScorer(BertClassifier classifier, int maxLength, torch.ScalarType type) : ITextScorer
{
    private readonly TextEncoding _encoding = new(classifier.Tokenizer, maxLength);

    public int Width => classifier.Classes;

    public int MaxBatch => 64;

    public void Score(TextBatch texts, Span<float> scores) =>
        _encoding.Score(texts, Width, scores, classifier.Weights.Device, some => classifier.Probabilities(some, type));

    public void Dispose() => classifier.Dispose();
}
