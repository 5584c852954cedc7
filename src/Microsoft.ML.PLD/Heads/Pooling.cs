namespace Microsoft.ML.PLD;

/// <summary>How the vectors of a text's tokens become one vector.</summary>
public enum Pooling
{
    /// <summary>The vector of [CLS], the first token. Meaningful after next-sentence pre-training or fine-tuning.</summary>
    Cls,

    /// <summary>The mean over the tokens that are not padding.</summary>
    Mean,

    /// <summary>The maximum over the tokens that are not padding.</summary>
    Max,
}
