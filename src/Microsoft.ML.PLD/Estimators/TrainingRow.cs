namespace Microsoft.ML.PLD;

/// <summary>One row to learn from.</summary>
/// <param name="Index">From 0, in the order of this pass.</param>
/// <param name="First">The text; empty when it is missing.</param>
/// <param name="Second">The second sentence of a pair; empty when it is missing or rows are single texts.</param>
/// <param name="Target">The class, from 0, or the value; -1 when there is no label column.</param>
/// <param name="Weight">How much the row counts; 1 when there is no weight column.</param>
internal readonly record struct TrainingRow(long Index, ReadOnlyMemory<char> First, ReadOnlyMemory<char> Second, double Target, float Weight)
{
    /// <summary><see cref="Target"/>, where it is a class.</summary>
    public int Class => (int)Target;
}
