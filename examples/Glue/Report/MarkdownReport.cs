using System.Text;

namespace Glue;

/// <summary>The report as Markdown, with the plots beside it.</summary>
internal static class MarkdownReport
{
    public static string Of(IReadOnlyList<ReportTable> tables, IReadOnlyList<ReportPlot> plots, IReadOnlyList<string> conditions)
    {
        var text = new StringBuilder($"# {ReportText.Title}\n\n{ReportText.Caveat}\n");
        foreach (var table in tables)
        {
            text.Append($"\n## {table.Title}\n\n").Append(Row(table.Header)).Append('|').Insert(text.Length, "---|", table.Header.Count).Append('\n');
            foreach (var row in table.Rows) text.Append(Row(row));
            if (table.Note.Length > 0) text.Append($"\n{table.Note}\n");
        }
        if (plots.Count > 0) text.Append("\n## Plots\n\n");
        foreach (var plot in plots) text.Append($"![{plot.Caption}](plots/{plot.Name}.svg)\n");
        text.Append("\n## Conditions\n\n");
        foreach (var condition in conditions) text.Append($"- {condition}\n");
        return text.ToString();
    }

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(cell => cell.ReplaceLineEndings(" ").Replace("|", "\\|")))} |\n";
}
