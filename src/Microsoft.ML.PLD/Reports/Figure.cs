namespace Microsoft.ML.PLD;

/// <summary>A chart with what belongs around it.</summary>
internal static class Figure
{
    /// <param name="title">Above it.</param>
    /// <param name="chart">The picture.</param>
    /// <param name="note">Beneath it; empty: nothing.</param>
    /// <param name="keys">What its colours mean.</param>
    /// <param name="isHigh">Whether it stands beside two others.</param>
    public static HtmlText Of(string title, HtmlText chart, string note = "", IReadOnlyList<HtmlText>? keys = null, bool isHigh = false) => HtmlText.Of($"""
        <figure class="card{(isHigh ? " high" : "")}"><figcaption><h3>{title}</h3><p class="keys">{keys ?? []}</p></figcaption>
        {chart}{(note.Length == 0 ? HtmlText.Empty : HtmlText.Of($"<p class=\"note\">{note}</p>"))}</figure>
        """);

    /// <summary>A count in at most four characters or so: 950, 12k.</summary>
    public static string Short(double count) => count switch
    {
        >= 9.5e5 => FormattableString.Invariant($"{count / 1e6:0.#}M"),
        >= 1e4 => FormattableString.Invariant($"{count / 1e3:0}k"),
        >= 1e3 => FormattableString.Invariant($"{count / 1e3:0.#}k"),
        _ => FormattableString.Invariant($"{count:0}"),
    };

    /// <summary>A share in percent: 85.5 %.</summary>
    public static string Percent(double share) => FormattableString.Invariant($"{share * 100:F1}\u00a0%");
}
