using System.Text.Json;

namespace Conversion;

/// <summary>Both sides of a conversion.</summary>
/// <param name="MaxAbsDifference">The largest between any two numbers of any text.</param>
/// <param name="BytesIn">Of the source.</param>
/// <param name="BytesOut">Of the target.</param>
internal sealed record Comparison(double MaxAbsDifference, long BytesIn, long BytesOut)
{
    public static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static Comparison Of(float[][] before, float[][] after, long bytesIn, long bytesOut)
    {
        if (before.Length != after.Length || before.Zip(after).Any(pair => pair.First.Length != pair.Second.Length))
            throw new InvalidDataException($"The two sides give {before.Length} times {before[0].Length} numbers and {after.Length} times {after[0].Length}.");
        var largest = before.Zip(after).SelectMany(pair => pair.First.Zip(pair.Second)).Max(pair => Math.Abs((double)pair.First - pair.Second));
        return double.IsNaN(largest) ? throw new InvalidDataException("A side gives something that is no number.") : new Comparison(largest, bytesIn, bytesOut);
    }

    public string ToString(string target, int texts) =>
        FormattableString.Invariant($"{target}: {BytesOut / 1e6:F1} MB, {(double)BytesOut / BytesIn:F2} of the source; over {texts} texts, no number differs by more than {MaxAbsDifference:G3}.");
}
