using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Scores a text, or a pair, by a fine-tuned network.</summary>
internal sealed class PredictionScorer : ITextScorer
{
    private readonly BertPredictor _predictor;
    private readonly ScoreFunction _function;
    private readonly TextEncoding _encoding;
    private readonly torch.ScalarType _type;

    /// <param name="predictor">Owned from here on.</param>
    /// <param name="settings">How texts are read.</param>
    /// <param name="width">Scores of a row.</param>
    /// <param name="function">Makes them of the network's outputs.</param>
    public PredictionScorer(BertPredictor predictor, PredictionSettings settings, int width, ScoreFunction function)
    {
        (_predictor, Width, _function) = (predictor, width, function);
        _encoding = new TextEncoding(predictor.Tokenizer, settings.MaxLength, settings.LongTexts, settings.WindowStride);
        _type = PrecisionChoice.Resolve(settings.Precision, predictor.Weights.Device);
    }

    public int Width { get; }

    public int MaxBatch => 64;

    public void Score(TextBatch texts, Span<float> scores)
    {
        var (from, to) = (_predictor.Outputs, Width);
        var outputs = new float[texts.Count * from];
        _encoding.Score(texts, from, outputs, _predictor.Weights.Device, some => _predictor.Predict(some, _type));
        for (var row = 0; row < texts.Count; row++) _function(outputs.AsSpan(row * from, from), scores.Slice(row * to, to));
    }

    public void Dispose() => _predictor.Dispose();
}
