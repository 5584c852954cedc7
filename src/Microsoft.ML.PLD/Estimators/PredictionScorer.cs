using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores a text, or a pair, by a fine-tuned network.</summary>
internal sealed class PredictionScorer : ITextScorer
{
    private readonly BertPredictor _predictor;
    private readonly IScoreFunction _function;
    private readonly TextEncoding _encoding;
    private readonly torch.ScalarType _type;

    /// <param name="predictor">Owned from here on.</param>
    /// <param name="settings">How texts are read.</param>
    /// <param name="function">What becomes of the network's outputs.</param>
    public PredictionScorer(BertPredictor predictor, PredictionSettings settings, IScoreFunction function)
    {
        (_predictor, _function) = (predictor, function);
        _encoding = new TextEncoding(predictor.Tokenizer, settings.MaxLength, settings.LongTexts, settings.WindowStride);
        _type = PrecisionChoice.Resolve(settings.Precision, predictor.Weights.Device);
    }

    public int Width => _function.Width;

    public int MaxBatch => 64;

    public void Score(TextBatch texts, Span<float> scores)
    {
        var (from, to) = (_predictor.Outputs, Width);
        var outputs = new float[texts.Count * from];
        _encoding.Score(texts, from, outputs, _predictor.Weights.Device, some => _predictor.Predict(some, _type));
        for (var row = 0; row < texts.Count; row++) _function.Apply(outputs.AsSpan(row * from, from), scores.Slice(row * to, to));
    }

    public void Dispose() => _predictor.Dispose();
}
