namespace Microsoft.ML.PLD;

/// <summary>What a model predicts for a test set.</summary>
/// <param name="Task">The task.</param>
/// <param name="Split">The split: <see cref="GlueSplit.Test"/>, or <see cref="GlueSplit.TestMismatched"/> of MNLI.</param>
/// <param name="Values">One a row, in the file's order: the class, as an index into <see cref="GlueTask.Classes"/>, or the score.</param>
public sealed record GluePredictions(GlueTask Task, GlueSplit Split, IReadOnlyList<float> Values);
