using System.Text;
using Glue;

namespace Compare;

/// <summary>The report as Markdown, with the plots beside it.</summary>
internal static class CompareMarkdown
{
    public static string Of(string title, IReadOnlyList<string> verdict, IReadOnlyList<ReportTable> tables, IReadOnlyList<Picture> pictures, IReadOnlyList<string> conditions)
    {
        var text = new StringBuilder($"# {title}\n\n");
        foreach (var line in verdict) text.Append($"- {line}\n");
        foreach (var table in tables)
        {
            text.Append($"\n## {table.Title}\n\n").Append(Row(table.Header)).Append('|').Insert(text.Length, "---|", table.Header.Count).Append('\n');
            foreach (var row in table.Rows) text.Append(Row(row));
            if (table.Note.Length > 0) text.Append($"\n{table.Note}\n");
        }
        if (pictures.Count > 0) text.Append("\n## Plots\n\n");
        foreach (var picture in pictures) text.Append($"![{picture.Caption}](plots/{picture.Name}.png)\n");
        text.Append("\n## Conditions\n\n");
        foreach (var condition in conditions) text.Append($"- {condition}\n");
        return text.ToString();
    }

    private static string Row(IEnumerable<string> cells) => $"| {string.Join(" | ", cells.Select(cell => cell.ReplaceLineEndings(" ").Replace("|", "\\|")))} |\n";
}
