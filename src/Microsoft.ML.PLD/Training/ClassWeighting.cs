namespace Microsoft.ML.PLD;

/// <summary>How much the rows of each class count in training.</summary>
public enum ClassWeighting
{
    /// <summary>Each row counts the same.</summary>
    Equal,

    /// <summary>
    /// Each class counts the same: a row counts rows / (classes * rows of its class), as scikit-learn's <c>balanced</c>. Weights that rows have of themselves come on top, and do not
    /// count for this.
    /// </summary>
    Balanced,
}
