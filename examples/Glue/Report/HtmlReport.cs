using System.Net;
using System.Text;

namespace Glue;

/// <summary>A report as one HTML file that needs no other and no network.</summary>
internal static class HtmlReport
{
    private const string Style = """
        body { font: 15px/1.5 system-ui, "DejaVu Sans", Verdana, sans-serif; color: #222; background: #fff; max-width: 84rem; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
        .findings { background: #eef4fb; border-left: 4px solid #2b6cb0; padding: .6rem 1rem; }
        .findings p { margin: .4rem 0; max-width: 70rem; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
        th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
        th { border-bottom: 2px solid #888; font-weight: 600; }
        th:first-child, td:first-child { text-align: left; }
        tbody tr:hover { background: #f4f7fb; }
        .note { color: #555; font-size: .88rem; max-width: 70rem; }
        .plots { display: flex; flex-wrap: wrap; gap: 1rem; }
        figure { margin: 0; border: 1px solid #ddd; border-radius: 4px; padding: .4rem; width: min-content; }
        figcaption { color: #555; font-size: .85rem; }
        """;

    public static string Of(ReportPage page)
    {
        var text = new StringBuilder($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Escape(page.Title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <h1>{Escape(page.Title)}</h1>
            <div class="findings">

            """);
        foreach (var finding in page.Findings) text.Append($"<p>{Escape(finding)}</p>\n");
        text.Append("</div>\n");
        foreach (var table in page.Tables)
        {
            text.Append($"<h2>{Escape(table.Title)}</h2>\n<div class=\"wide\"><table>\n<thead><tr>{Cells("th", table.Header)}</tr></thead>\n<tbody>\n");
            foreach (var row in table.Rows) text.Append($"<tr>{Cells("td", row)}</tr>\n");
            text.Append("</tbody>\n</table></div>\n");
            if (table.Note.Length > 0) text.Append($"<p class=\"note\">{Escape(table.Note)}</p>\n");
        }
        if (page.Plots.Count > 0)
        {
            text.Append("<h2>Plots</h2>\n<div class=\"plots\">\n");
            foreach (var plot in page.Plots) text.Append($"<figure>{Image(plot)}<figcaption>{Escape(plot.Caption)}</figcaption></figure>\n");
            text.Append("</div>\n");
        }
        text.Append("<h2>Conditions</h2>\n<ul>\n");
        foreach (var condition in page.Conditions) text.Append($"<li>{Escape(condition)}</li>\n");
        return text.Append("</ul>\n</body>\n</html>\n").ToString();
    }

    private static string Image(ReportPlot plot) =>
        $"<img width=\"{plot.Width}\" alt=\"{Escape(plot.Caption)}\" src=\"data:{plot.MediaType};base64,{Convert.ToBase64String(plot.Image)}\">";

    private static string Cells(string tag, IEnumerable<string> cells) => string.Concat(cells.Select(cell => $"<{tag}>{Escape(cell)}</{tag}>"));

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
