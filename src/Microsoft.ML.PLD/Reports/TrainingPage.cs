using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.PLD;

/// <summary>The whole page: what came out, the curves, the evaluations, the details. HTML that is XML as well, and that asks nobody for anything.</summary>
internal static class TrainingPage
{
    private const int SecondsBetweenReloads = 30;

    private static readonly string Style = Resource("report.css"), Script = Resource("report.js");

    // The page's own script is the only one that a browser runs in it, whatever the texts of others hold.
    private static readonly string Policy =
        $"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Script)))}'";

    public static HtmlText Of(ReportContent content, ReportData data)
    {
        var summary = ReportSummary.Of(content);
        return HtmlText.Of($"""
            <!DOCTYPE html>
            <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
            <head>
            <meta charset="utf-8"/>
            <meta http-equiv="Content-Security-Policy" content="{Policy}"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="generator" content="Microsoft.ML.PLD {typeof(TrainingPage).Assembly.GetName().Version!.ToString(3)}"/>
            {(content.Running is null ? HtmlText.Empty : HtmlText.Of($"<meta http-equiv=\"refresh\" content=\"{SecondsBetweenReloads}\"/>"))}
            <title>{content.Title}</title>
            <style>{new HtmlText(Style)}</style>
            </head>
            <body>
            <header><p class="status">{Status(content)}</p><h1>{content.Title}</h1><p class="sentence">{summary.Sentence}</p>
            <dl class="figures">{summary.Figures.Select(figure => HtmlText.Of($"<div><dt>{figure.Name}</dt><dd>{figure.Value}</dd><dd class=\"note\">{figure.Note}</dd></div>"))}</dl>
            {Progress(content)}{Links(content)}</header>
            <main>
            {EvaluationSection.Compare(content.Evaluations)}{content.Stages.Select((stage, at) => StageSection.Of(stage, $"stage-{at + 1}", isAlone: content.Stages.Count == 1))}{content.Evaluations.Select((evaluation, at) => EvaluationSection.Of(evaluation, $"evaluation-{at + 1}", isFirst: at == 0))}{DetailsSection.Of(content.Stages)}</main>
            <footer><p>Written by Microsoft.ML.PLD on {content.Written.UtcDateTime:yyyy-MM-dd HH:mm} UTC. This page needs no other file and no network.</p></footer>
            {data.ToMarkup()}
            <script>{new HtmlText(Script)}</script>
            </body>
            </html>

            """);
    }

    private static HtmlText Status(ReportContent content) => content.Running is { } running
        ? HtmlText.Of($"<b class=\"live\">running</b> {running.Title}, step {running.Step:N0} of {running.TotalSteps:N0}{(running.Remaining is { } left ? $", {ProgressText.Duration(left)} left" : "")} · as of {content.Written.UtcDateTime:yyyy-MM-dd HH:mm} UTC")
        : HtmlText.Of($"{content.Written.UtcDateTime:yyyy-MM-dd HH:mm} UTC");

    private static HtmlText Progress(ReportContent content) => content.Running is { TotalSteps: > 0 } running
        ? HtmlText.Of($"<progress max=\"{running.TotalSteps}\" value=\"{running.Step}\">{Figure.Percent((double)running.Step / running.TotalSteps)}</progress>")
        : HtmlText.Empty;

    private static HtmlText Links(ReportContent content)
    {
        var links = content.Stages.Select((stage, at) => (Id: $"stage-{at + 1}", stage.Title)).Concat(content.Evaluations.Select((evaluation, at) => (Id: $"evaluation-{at + 1}", evaluation.Title)));
        if (content.Stages.Count > 0) links = links.Append(("details", "Details"));
        return links.Count() < 3 ? HtmlText.Empty : HtmlText.Of($"<nav aria-label=\"Sections\">{links.Select(link => HtmlText.Of($"<a href=\"#{link.Id}\">{link.Title}</a> "))}</nav>");
    }

    private static string Resource(string name)
    {
        using var stream = typeof(TrainingPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n"); // as a browser reads it, of which the hash is taken
    }
}
