namespace Cli;

/// <summary>What a model says of a text.</summary>
/// <param name="Label">The class, true or false, or the number.</param>
/// <param name="Probability">Of the label; null for numbers.</param>
/// <param name="Scores">The probability of each class, of true, or the number.</param>
internal sealed record Answer(string Label, double? Probability, double[] Scores);
