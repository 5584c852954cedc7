namespace Glue;

/// <summary>Writes the reports into the work folder.</summary>
internal static class ReportFiles
{
    public static void Write(WorkFolder work, Summary summary, IReadOnlyList<string> conditions)
    {
        var (tables, plots) = (ReportTables.Of(summary), Plots.Of(summary));
        foreach (var plot in plots) WholeFile.Write(work.Of(Path.Combine("plots", plot.Name + ".svg")), plot.Svg);
        WholeFile.Write(work.Of("report.md"), MarkdownReport.Of(tables, plots, conditions));
        WholeFile.Write(work.Of("report.html"), HtmlReport.Of(tables, plots, conditions));
        WholeFile.Write(work.Of("report.csv"), CsvReport.Of(summary));
    }
}
