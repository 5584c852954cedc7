namespace Microsoft.ML.PLD;

/// <summary>How a kept block makes up for the steps in which it is dropped. p is the probability with which its gate was drawn.</summary>
public enum ResidualScaling
{
    /// <summary>
    /// Each sub-layer's residual branch is multiplied by 1/p, as the paper prints it: h = x + Attention(LN(x))/p, y = h + FFN(LN(h))/p.
    /// One gate serves both, so that the expectation of a block is near that of the dense block, but not equal to it.
    /// </summary>
    Paper,

    /// <summary>The whole block's change is multiplied by 1/p: y = x + (Block(x) - x)/p. The expectation over the gate is exactly the dense block.</summary>
    BlockDelta,

    /// <summary>No scaling, as in LayerDrop (Fan et al. 2019).</summary>
    None,
}
