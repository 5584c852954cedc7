namespace Microsoft.ML.PLD;

/// <summary>Makes the scores of a row of what the network gives for it.</summary>
/// <param name="outputs">The network's.</param>
/// <param name="scores">Receives the scores.</param>
internal delegate void ScoreFunction(ReadOnlySpan<float> outputs, Span<float> scores);
