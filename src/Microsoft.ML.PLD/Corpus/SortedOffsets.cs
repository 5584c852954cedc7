namespace Microsoft.ML.PLD;

/// <summary>Binary search over offsets in ascending order; equal ones are allowed.</summary>
internal static class SortedOffsets
{
    /// <summary>How many of the offsets are at most <paramref name="value"/>.</summary>
    public static int CountUpTo<T>(ReadOnlySpan<T> sorted, T value) where T : IComparable<T>
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle].CompareTo(value) <= 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
