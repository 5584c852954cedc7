namespace Microsoft.ML.PLD;

/// <summary>The columns that an estimator learns from.</summary>
/// <param name="Texts">One or two.</param>
/// <param name="Label">What is to be learnt, or null.</param>
/// <param name="Weight">How much a row counts, or null: all the same.</param>
internal sealed record TrainingColumns(TextColumns Texts, InputColumn? Label = null, InputColumn? Weight = null);
