namespace Microsoft.ML.PLD;

/// <summary>A row of a GLUE file.</summary>
/// <param name="Index">Its name in the file, mostly a number; where the file names none, its number from 0.</param>
/// <param name="Sentence1">The text, or the first of two. May be empty: some of QQP's questions are.</param>
/// <param name="Sentence2">The second text; null where the task has one.</param>
/// <param name="Label">The class, as an index into <see cref="GlueTask.Classes"/>, or the score; null where the file has no labels.</param>
public sealed record GlueExample(string Index, string Sentence1, string? Sentence2, float? Label);
