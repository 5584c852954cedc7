namespace Microsoft.ML.PLD;

/// <summary>A file of predictions, as the GLUE server wants it.</summary>
/// <param name="Split">The split that is predicted.</param>
/// <param name="Name">The file's name in the archive: <c>RTE.tsv</c>.</param>
/// <param name="Rows">The number of predictions: that of the examples in the official test file.</param>
public sealed record GlueSubmissionFile(GlueSplit Split, string Name, int Rows);
