namespace Microsoft.ML.PLD;

/// <summary>What a GLUE file holds.</summary>
/// <param name="Task">The task.</param>
/// <param name="Split">The split.</param>
/// <param name="Path">The file that was read.</param>
/// <param name="Examples">Its rows, in the file's order; at least one.</param>
/// <param name="BrokenLines">How many lines were left out because they have too few columns, as <see cref="GlueFile.MaxBrokenLines"/> allows for QQP.</param>
public sealed record GlueData(GlueTask Task, GlueSplit Split, string Path, IReadOnlyList<GlueExample> Examples, int BrokenLines);
