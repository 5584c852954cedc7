namespace Microsoft.ML.PLD;

/// <summary>How the probability of keeping block i of L (i from 1 at the input) follows from theta(t). Section 4.2 of the paper.</summary>
public enum DepthRule
{
    /// <summary>keep(i) = 1 - (i/L)(1 - theta): the paper's printed formula. Block L is kept with probability theta, block 1 with slightly less than 1.</summary>
    Paper,

    /// <summary>keep(i) = 1 - ((i-1)/L)(1 - theta): as the paper's Algorithm 1 and DeepSpeed's code count. Block 1 is always kept.</summary>
    FirstBlockAlwaysKept,

    /// <summary>keep(i) = 1 - (L+1)/(2L)(1 - theta) for every block: as many run on average as with <see cref="Paper"/>, whose ablation without the depth distribution this is.</summary>
    Uniform,
}
