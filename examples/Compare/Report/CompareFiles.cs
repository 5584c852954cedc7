namespace Compare;

/// <summary>Writes the reports into the work folder.</summary>
internal static class CompareFiles
{
    public static void Write(WorkFolder work, Summary summary, IReadOnlyDictionary<string, ReferenceTimes> times, IReadOnlyList<string> conditions)
    {
        var (title, verdict, tables, pictures) = (summary.Config.Title, Verdict.Of(summary), CompareTables.Of(summary, times), ComparePlots.Of(summary));
        Directory.CreateDirectory(work.Of("plots"));
        foreach (var picture in pictures) File.WriteAllBytes(work.Of(Path.Combine("plots", picture.Name + ".png")), picture.Png);
        Glue.WholeFile.Write(work.Of("report.md"), CompareMarkdown.Of(title, verdict, tables, pictures, conditions));
        Glue.WholeFile.Write(work.Of("report.html"), CompareHtml.Of(title, verdict, tables, pictures, conditions));
    }
}
