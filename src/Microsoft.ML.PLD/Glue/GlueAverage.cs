namespace Microsoft.ML.PLD;

/// <summary>An average, and of how much it is one.</summary>
/// <param name="Value">The average, in the unit of the values.</param>
/// <param name="Count">How many numbers it covers.</param>
/// <param name="Whole">How many it covers when none is missing.</param>
public sealed record GlueAverage(double Value, int Count, int Whole)
{
    /// <summary>Whether none is missing.</summary>
    public bool IsWhole => Count >= Whole;
}
