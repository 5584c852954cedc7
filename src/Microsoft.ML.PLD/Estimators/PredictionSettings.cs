namespace Microsoft.ML.PLD;

/// <summary>What a fine-tuned transformer remembers of its trainer's options: settings.json in model.zip.</summary>
/// <param name="Sentence1ColumnName">The text, or the first sentence of a pair.</param>
/// <param name="Sentence2ColumnName">The second sentence; null: single texts.</param>
/// <param name="ScoreColumnName">What is added.</param>
/// <param name="PredictedLabelColumnName">What is added; null: not this one.</param>
/// <param name="Pooling">How the vectors of tokens become one.</param>
/// <param name="MaxLength">The most tokens of a text or pair.</param>
/// <param name="Precision">Of the activations.</param>
/// <param name="ProbabilityColumnName">What is added; null: not this one.</param>
/// <param name="LongTexts">What becomes of texts with more tokens.</param>
/// <param name="WindowStride">From one window to the next.</param>
internal sealed record PredictionSettings(
    string Sentence1ColumnName, string? Sentence2ColumnName, string ScoreColumnName, string? PredictedLabelColumnName, Pooling Pooling, int MaxLength, Precision Precision,
    string? ProbabilityColumnName = null, LongTexts LongTexts = LongTexts.Head, int WindowStride = 0)
{
    public static PredictionSettings Of(PldBertTrainerOptions options, string? predictedLabel = null, string? probability = null) => new(
        options.Sentence1ColumnName, options.Sentence2ColumnName, options.ScoreColumnName, predictedLabel, options.FineTuning.Pooling, options.FineTuning.MaxLength,
        options.Runtime.Precision, probability, options.FineTuning.LongTexts, options.FineTuning.WindowStride);
}
