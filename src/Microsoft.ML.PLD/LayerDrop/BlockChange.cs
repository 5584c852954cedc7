namespace Microsoft.ML.PLD;

/// <summary>What a block does to its input, as the mean over tokens: what the paper of progressive layer dropping derives its depth rule from.</summary>
/// <param name="Distance">The Euclidean distance between its output and its input, divided by the norm of the input; 0: it changes nothing.</param>
/// <param name="Angle">The angle between its output and its input, in radians: 0 to pi.</param>
public readonly record struct BlockChange(double Distance, double Angle);
