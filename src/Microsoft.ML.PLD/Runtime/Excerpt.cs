namespace Microsoft.ML.PLD;

/// <summary>Text from files in messages: a damaged file can make one line of megabytes of it.</summary>
internal static class Excerpt
{
    private const int Longest = 300;

    /// <summary>The text, or its beginning and its end.</summary>
    public static string Of(string text) => text.Length <= Longest ? text : $"{text.AsSpan(0, Longest / 2)} [...] {text.AsSpan(text.Length - Longest / 2)}";
}
