namespace Cli;

/// <summary>Which columns hold what.</summary>
/// <param name="Text">That of the text.</param>
/// <param name="Text2">That of the second text of a pair; null: single texts.</param>
/// <param name="Label">That of the label.</param>
internal sealed record Columns(string Text, string? Text2, string Label);
