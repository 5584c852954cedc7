namespace Microsoft.ML.PLD;

/// <summary>What a pre-training sample looks like. Defaults: Devlin et al., "BERT", 2018, without next-sentence prediction.</summary>
internal sealed record PretrainingBatchOptions
{
    /// <summary>Tokens per sequence, [CLS] and [SEP] included: from 3, or 5 with next-sentence prediction.</summary>
    public int SequenceLength { get; init; } = 128;

    /// <summary>Sequences per optimizer step, from 1.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The share of pieces to be predicted, in (0, 1].</summary>
    public double MaskingRate { get; init; } = 0.15;

    /// <summary>The share of those that [MASK] replaces.</summary>
    public double MaskTokenShare { get; init; } = 0.8;

    /// <summary>The share of those that a random piece replaces. The rest stays as it is.</summary>
    public double RandomTokenShare { get; init; } = 0.1;

    /// <summary>Whether all pieces of a word are chosen together.</summary>
    public bool WholeWordMasking { get; init; }

    /// <summary>Whether a sample is two texts, of which the second follows the first or does not.</summary>
    public bool NextSentencePrediction { get; init; }

    public int SmallestSequenceLength => NextSentencePrediction ? 5 : 3;

    public IEnumerable<string> Problems()
    {
        if (SequenceLength < SmallestSequenceLength)
            yield return $"SequenceLength is {SequenceLength}; expected {SmallestSequenceLength} or more{(NextSentencePrediction ? " with NextSentencePrediction" : "")}.";
        if (BatchSize < 1) yield return $"BatchSize is {BatchSize}; expected 1 or more.";
        if ((long)SequenceLength * BatchSize > Array.MaxLength)
            yield return $"SequenceLength ({SequenceLength}) times BatchSize ({BatchSize}) is more than an array holds ({Array.MaxLength}).";
        if (!(MaskingRate > 0 && MaskingRate <= 1)) yield return $"MaskingRate is {MaskingRate}; expected more than 0, up to 1.";
        if (!(MaskTokenShare >= 0 && MaskTokenShare <= 1)) yield return $"MaskTokenShare is {MaskTokenShare}; expected 0 to 1.";
        if (!(RandomTokenShare >= 0 && RandomTokenShare <= 1)) yield return $"RandomTokenShare is {RandomTokenShare}; expected 0 to 1.";
        if (MaskTokenShare + RandomTokenShare > 1 + 1e-9)
            yield return $"MaskTokenShare ({MaskTokenShare}) and RandomTokenShare ({RandomTokenShare}) add up to more than 1.";
    }
}
