namespace Microsoft.ML.PLD;

/// <summary>What happened on the way, with which options, and where.</summary>
internal static class DetailsSection
{
    public static HtmlText Of(IReadOnlyList<StageHistory> stages) => stages.Count == 0 ? HtmlText.Empty : HtmlText.Of($"""
        <section id="details"><h2>Details</h2>
        {stages.Select(Notices)}{stages.Where(stage => stage.Run.Options.Count > 0).Select(stage => Pairs($"{stage.Title}: options", stage.Run.Options.OrderBy(option => option.Key, StringComparer.Ordinal)))}{Environments(stages)}</section>

        """);

    private static HtmlText Notices(StageHistory stage) => stage.Notices.Count == 0 ? HtmlText.Empty : HtmlText.Of($"""
        <details open="open"><summary>{stage.Title}: what happened</summary><div class="scroll"><table><thead><tr><th scope="col" class="n">step</th><th scope="col">notice</th></tr></thead><tbody>
        {stage.Notices.Select(notice => HtmlText.Of($"<tr><td class=\"n\">{notice.Step:N0}</td><td class=\"text\"><bdi>{notice.Text}</bdi></td></tr>\n"))}</tbody></table></div>{(stage.NoticesLeftOut > 0 ? HtmlText.Of($"<p class=\"note\">{stage.NoticesLeftOut:N0} notices from the middle are left out.</p>") : HtmlText.Empty)}</details>

        """);

    // Once, where all stages ran alike.
    private static IEnumerable<HtmlText> Environments(IReadOnlyList<StageHistory> stages)
    {
        var kinds = stages.Where(stage => stage.Run.Environment.Count > 0).GroupBy(stage => string.Join('\n', stage.Run.Environment)).ToArray();
        return kinds.Select(kind => Pairs(kinds.Length == 1 ? "Environment" : $"{string.Join(", ", kind.Select(stage => stage.Title))}: environment", kind.First().Run.Environment));
    }

    private static HtmlText Pairs(string title, IEnumerable<KeyValuePair<string, string>> pairs) => HtmlText.Of($"""
        <details><summary>{title}</summary><div class="scroll"><table class="pairs"><thead><tr><th scope="col">name</th><th scope="col">value</th></tr></thead><tbody>
        {pairs.Select(pair => HtmlText.Of($"<tr><th scope=\"row\">{pair.Key}</th><td>{Excerpt.Of(pair.Value)}</td></tr>\n"))}</tbody></table></div></details>

        """);
}
