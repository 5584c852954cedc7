using Glue;

namespace Compare;

/// <summary>Writes the reports into the work folder.</summary>
internal static class CompareFiles
{
    public static void Write(WorkFolder work, Summary summary, IReadOnlyDictionary<string, ReferenceTimes> times, IReadOnlyList<string> conditions) =>
        new ReportPage(summary.Config.Title, Verdict.Of(summary), CompareTables.Of(summary, times), ComparePlots.Of(summary), conditions).Write(work.Of(""));
}
