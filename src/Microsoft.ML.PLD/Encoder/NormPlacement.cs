namespace Microsoft.ML.PLD;

/// <summary>Where layer normalization stands in a block.</summary>
public enum NormPlacement
{
    /// <summary>On the input of each sub-layer, and once after the last block: the identity mapping that layer dropping needs (section 3 of the paper).</summary>
    Pre,

    /// <summary>After each residual addition, and on the embeddings: the original BERT.</summary>
    Post,
}
