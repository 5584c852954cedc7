namespace OnnxScoring;

/// <summary>What comes in.</summary>
internal sealed class TextRow
{
    public string Text { get; set; } = "";
}
