namespace Microsoft.ML.PLD;

/// <summary>What the optimizer does with parameters that have no gradient at a step: those of blocks that layer dropping left out.</summary>
public enum DroppedParameterRule
{
    /// <summary>Nothing: weights, moments and step counts stay as they are, bit for bit.</summary>
    LeaveAlone,

    /// <summary>Only the decoupled weight decay acts on the weights; moments and step counts stay as they are.</summary>
    DecayOnly,
}
