namespace Microsoft.ML.PLD;

/// <summary>What a folder says of a network beside its weights.</summary>
/// <param name="Config">The architecture.</param>
/// <param name="Tokenizer">What it was trained with.</param>
/// <param name="Head">What follows the encoder, as Hugging Face's classes are called: <c>ForMaskedLM</c>.</param>
/// <param name="Labels">What each output stands for; null: the outputs are no classes, or nameless.</param>
/// <param name="ProblemType">What transformers calls the task; null: it is no task.</param>
internal sealed record NetworkDescription(BertConfig Config, WordPieceTokenizer Tokenizer, string Head, IReadOnlyList<string>? Labels = null, string? ProblemType = null)
{
    public const string Bare = "Model", MaskedLanguage = "ForMaskedLM", Pretraining = "ForPreTraining", Classification = "ForSequenceClassification";

    public HuggingFaceLayout Layout => HuggingFaceLayout.Of(Config);
}
