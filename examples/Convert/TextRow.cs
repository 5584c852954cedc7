namespace Conversion;

/// <summary>A text; the next one is its pair, for models of pairs.</summary>
internal sealed class TextRow
{
    public string First { get; set; } = "";
    public string Second { get; set; } = "";

    public static IReadOnlyList<TextRow> Of(string[] texts) => [.. texts.Select((text, i) => new TextRow { First = text, Second = texts[(i + 1) % texts.Length] })];
}
