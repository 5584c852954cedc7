namespace Cli;

/// <summary>A row of a table.</summary>
/// <param name="Line">The line that it begins in, from 1.</param>
/// <param name="Fields">Its fields, without quotes.</param>
internal sealed record TableRow(int Line, string[] Fields);
