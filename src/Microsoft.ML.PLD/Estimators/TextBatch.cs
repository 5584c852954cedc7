namespace Microsoft.ML.PLD;

/// <summary>The texts of some rows.</summary>
/// <param name="First">One text a row.</param>
/// <param name="Second">The second sentence of each row, or nothing at all when the rows are single texts.</param>
internal readonly record struct TextBatch(ReadOnlyMemory<ReadOnlyMemory<char>> First, ReadOnlyMemory<ReadOnlyMemory<char>> Second = default)
{
    public int Count => First.Length;

    public bool IsPairs => Second.Length > 0;
}
