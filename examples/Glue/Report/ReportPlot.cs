namespace Glue;

/// <summary>A plot of a report.</summary>
/// <param name="Name">A name for files.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Svg">The drawing.</param>
internal sealed record ReportPlot(string Name, string Caption, string Svg);
