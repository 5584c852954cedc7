using System.Text;

namespace Glue;

/// <summary>A report as Markdown, with the plots beside it.</summary>
internal static class MarkdownReport
{
    public static string Of(ReportPage page)
    {
        var text = new StringBuilder($"# {page.Title}\n\n");
        text.AppendJoin("\n\n", page.Findings).Append('\n');
        foreach (var table in page.Tables)
        {
            text.Append($"\n## {table.Title}\n\n").Append(Row(table.Header)).Append('|').Insert(text.Length, "---|", table.Header.Count).Append('\n');
            foreach (var row in table.Rows) text.Append(Row(row));
            if (table.Note.Length > 0) text.Append($"\n{table.Note}\n");
        }
        if (page.Plots.Count > 0) text.Append("\n## Plots\n\n");
        foreach (var plot in page.Plots) text.Append($"![{plot.Caption}](plots/{plot.File})\n");
        text.Append("\n## Conditions\n\n");
        foreach (var condition in page.Conditions) text.Append($"- {condition}\n");
        return text.ToString();
    }

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(cell => cell.ReplaceLineEndings(" ").Replace("|", "\\|")))} |\n";
}
