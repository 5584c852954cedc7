namespace Microsoft.ML.PLD;

/// <summary>One micro-batch: <see cref="Rows"/> full sequences of <see cref="SequenceLength"/> tokens, row by row, without padding.</summary>
internal sealed class PretrainingBatch
{
    public required int Rows { get; init; }
    public required int SequenceLength { get; init; }

    /// <summary>[Rows * SequenceLength]: the tokens, masked.</summary>
    public required int[] InputIds { get; init; }

    /// <summary>[Rows * SequenceLength]: 0 in the first text, 1 in the second; null without next-sentence prediction.</summary>
    public int[]? TypeIds { get; init; }

    /// <summary>[M]: the places in <see cref="InputIds"/> to be predicted, ascending. Empty only where the text holds nothing but unknown words.</summary>
    public required int[] MaskedPositions { get; init; }

    /// <summary>[M]: the tokens that stood there.</summary>
    public required int[] MaskedLabels { get; init; }

    /// <summary>[Rows]: 0 where the second text follows the first, 1 where it does not; null without next-sentence prediction.</summary>
    public int[]? NextSentenceLabels { get; init; }
}
