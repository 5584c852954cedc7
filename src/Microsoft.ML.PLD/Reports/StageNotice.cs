namespace Microsoft.ML.PLD;

/// <summary>A sentence that people should know.</summary>
/// <param name="Step">Steps done when it came.</param>
/// <param name="Text">The sentence.</param>
internal sealed record StageNotice(long Step, string Text);
