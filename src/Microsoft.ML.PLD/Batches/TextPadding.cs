namespace Microsoft.ML.PLD;

/// <summary>How texts of different lengths are put into batches for fine-tuning.</summary>
public enum TextPadding
{
    /// <summary>Texts of similar length go together, in random order, and are padded to the longest of them. Costs least.</summary>
    LengthBuckets,

    /// <summary>Texts go together at random, and are padded to the longest of them.</summary>
    LongestOfBatch,

    /// <summary>Texts go together at random, and all are padded to the maximum length, as most examples for BERT do. For comparisons.</summary>
    MaximumLength,
}
