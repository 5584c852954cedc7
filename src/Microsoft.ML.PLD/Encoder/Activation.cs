namespace Microsoft.ML.PLD;

/// <summary>The non-linearity of the feed-forward sub-layers and of the masked-language head.</summary>
public enum Activation
{
    /// <summary>GELU by the error function, exact: BERT's.</summary>
    Gelu,

    /// <summary>The rectifier.</summary>
    Relu,

    /// <summary>GELU by its approximation with tanh: Google's first BERT code, and models that say gelu_new.</summary>
    GeluTanh,
}
