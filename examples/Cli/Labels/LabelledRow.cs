namespace Cli;

/// <summary>A text or a pair, and its label.</summary>
/// <param name="Line">Where it begins in its file.</param>
/// <param name="First">The text.</param>
/// <param name="Second">The second of a pair; empty for single texts.</param>
/// <param name="Label">As it stands in the file.</param>
internal sealed record LabelledRow(int Line, string First, string Second, string Label);
