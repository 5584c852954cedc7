namespace Microsoft.ML.PLD;

/// <summary>Text of a stranger, short enough for a message.</summary>
internal static class Excerpt
{
    private const int Longest = 200;

    public static string Of(string text) => text.Length <= Longest ? text : $"{text.AsSpan(0, char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)}...";
}
