namespace Microsoft.ML.PLD.Tests;

/// <summary>A row with a text and its class.</summary>
public sealed class TextRow
{
    public string? Text { get; set; }

    public string Class { get; set; } = "";

    /// <summary>100,000 words.</summary>
    public static string Long { get; } = string.Join(' ', Enumerable.Range(0, 100_000).Select(i => i % 7 == 0 ? "a bad cat." : "bread"));

    /// <summary>Documents about as long as a batch's sequences, and their class in the first word.</summary>
    public static TextRow[] Make(int count) => [.. Enumerable.Range(0, count).Select(i => new TextRow
    {
        Text = i % 2 == 0 ? $"cats eat {i % 3} fish. they sleep a lot. then they eat." : $"dogs eat {i % 3} bones. they bark a lot. then they run.",
        Class = i % 2 == 0 ? "cat" : "dog",
    })];
}
