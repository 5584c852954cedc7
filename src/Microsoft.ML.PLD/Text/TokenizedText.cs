namespace Microsoft.ML.PLD;

/// <summary>A text, or a pair of them, as the model takes it: [CLS] text [SEP] or [CLS] text [SEP] pair [SEP], perhaps with [PAD] after it.</summary>
/// <param name="Ids">The pieces' ids, [length].</param>
/// <param name="TypeIds">[length]: 0 up to and with the first [SEP] and in padding, 1 for the pair and its [SEP].</param>
/// <param name="AttentionMask">[length]: 1, in padding 0.</param>
public sealed record TokenizedText(int[] Ids, int[] TypeIds, int[] AttentionMask);
