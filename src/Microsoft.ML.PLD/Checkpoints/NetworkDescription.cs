namespace Microsoft.ML.PLD;

/// <summary>What a folder says of a network beside its weights.</summary>
/// <param name="Config">The architecture.</param>
/// <param name="Tokenizer">What it was trained with.</param>
/// <param name="Head">What follows the encoder, as Hugging Face's classes are called: <c>ForMaskedLM</c>.</param>
internal sealed record NetworkDescription(BertConfig Config, WordPieceTokenizer Tokenizer, string Head)
{
    public const string MaskedLanguage = "ForMaskedLM", Pretraining = "ForPreTraining", Classification = "ForSequenceClassification";
}
