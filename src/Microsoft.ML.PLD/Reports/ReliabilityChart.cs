namespace Microsoft.ML.PLD;

/// <summary>Whether probabilities can be believed: how often answers were right, by how sure the model was of them.</summary>
internal static class ReliabilityChart
{
    public static HtmlText Of(Reliability reliability, int rows, bool isTall)
    {
        var plot = new Plot(new Axis(0, 1, 0.2), new Axis(0, 1, 0.2), Height: isTall ? 420 : 300);
        var (count, most) = (reliability.Bins.Count, reliability.Bins.Max(bin => bin.Rows));
        var bars = reliability.Bins.Select((bin, at) => bin.Rows == 0 ? HtmlText.Empty : HtmlText.Of($"""
            <rect class="c1 bar" x="{plot.AtX((at + 0.08) / count):0.#}" y="{plot.AtY(bin.Accuracy):0.#}" width="{plot.AtX(0.84 / count) - plot.AtX(0):0.#}" height="{plot.AtY(0) - plot.AtY(bin.Accuracy):0.#}"><title>{Sentence(bin, at, count)}</title></rect>
            <circle class="c2 ring" cx="{plot.AtX((at + 0.5) / count):0.#}" cy="{plot.AtY(bin.Confidence):0.#}" r="3.5"/><text class="x count" x="{plot.AtX((at + 0.5) / count):0.#}" y="{plot.AtY(0) - 6:0.#}">{Figure.Short(bin.Rows)}</text>
            """));
        var content = HtmlText.Of($"""{bars}<path class="ideal" d="M{plot.AtX(0):0.#} {plot.AtY(0):0.#}L{plot.AtX(1):0.#} {plot.AtY(1):0.#}"/>""");
        var description = string.Join(' ', reliability.Bins.Select((bin, at) => bin.Rows == 0 ? "" : Sentence(bin, at, count)).Where(sentence => sentence.Length > 0));
        const string title = "Can its probabilities be believed?";
        return Figure.Of(
            title, plot.Draw("Reliability diagram", description, "probability of the answer", content),
            FormattableString.Invariant($"Bars at the height of the rings: when it says 80 %, it is right 8 times in 10. Numbers count rows. Expected calibration error: {Figure.Percent(reliability.ExpectedCalibrationError)}, over {rows:N0} rows in {count} bins."),
            [HtmlText.Of($"<span class=\"key c1\">right answers</span>"), HtmlText.Of($"<span class=\"key c2\">what the model expects</span>")], isHigh: !isTall);
    }

    private static string Sentence(ReliabilityBin bin, int at, int count) => FormattableString.Invariant(
        $"Of {bin.Rows:N0} answers with a probability of {at * 100 / count} to {(at + 1) * 100 / count} %, {bin.Confidence * 100:F1} % on average, {bin.Accuracy * 100:F1} % are right.");
}
