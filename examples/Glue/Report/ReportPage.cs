namespace Glue;

/// <summary>A report: what was found, tables, plots, and the conditions under which it was.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Findings">What every reader should know, a paragraph each.</param>
/// <param name="Tables">The tables.</param>
/// <param name="Plots">The plots.</param>
/// <param name="Conditions">How it was made, a line each.</param>
internal sealed record ReportPage(string Title, IReadOnlyList<string> Findings, IReadOnlyList<ReportTable> Tables, IReadOnlyList<ReportPlot> Plots, IReadOnlyList<string> Conditions)
{
    /// <summary>Writes report.md, report.html, and the plots beside them.</summary>
    public void Write(string folder)
    {
        foreach (var plot in Plots) WholeFile.Write(Path.Combine(folder, "plots", plot.File), plot.Image);
        WholeFile.Write(Path.Combine(folder, "report.md"), MarkdownReport.Of(this));
        WholeFile.Write(Path.Combine(folder, "report.html"), HtmlReport.Of(this));
    }
}
