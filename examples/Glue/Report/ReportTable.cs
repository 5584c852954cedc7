namespace Glue;

/// <summary>A table of a report, as text.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Header">The names of the columns; the first is that of the rows.</param>
/// <param name="Rows">As many cells each.</param>
/// <param name="Note">What one must know to read it.</param>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows, string Note = "");
