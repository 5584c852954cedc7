namespace Glue;

/// <summary>Writes the reports into the work folder.</summary>
internal static class ReportFiles
{
    public static void Write(WorkFolder work, Summary summary, IReadOnlyList<string> conditions)
    {
        new ReportPage(ReportText.Title, [ReportText.Caveat], ReportTables.Of(summary), Plots.Of(summary), conditions).Write(work.Of(""));
        WholeFile.Write(work.Of("report.csv"), CsvReport.Of(summary));
    }
}
