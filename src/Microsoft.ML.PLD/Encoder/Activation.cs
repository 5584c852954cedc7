namespace Microsoft.ML.PLD;

/// <summary>The non-linearity of the feed-forward sub-layers and of the masked-language head.</summary>
public enum Activation
{
    /// <summary>GELU by the error function, exact: BERT's.</summary>
    Gelu,

    /// <summary>The rectifier.</summary>
    Relu,
}
