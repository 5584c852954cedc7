using Microsoft.ML.PLD;

namespace Glue;

/// <summary>A model to be fine-tuned, and compared with others.</summary>
/// <param name="Name">The heading of its column.</param>
/// <param name="Fingerprint">Differs where the results would: a hash of the model's files, or the architecture.</param>
/// <param name="Config">The architecture.</param>
internal sealed record Arm(string Name, string Fingerprint, BertConfig Config)
{
    /// <summary>The encoder to start from; null: weights are drawn anew.</summary>
    public BertModel? Pretrained { get; init; }

    /// <summary>The tokenizer of an encoder without pre-training; null: the vocabulary is learned from each task's training text.</summary>
    public WordPieceTokenizer? Tokenizer { get; init; }
}
