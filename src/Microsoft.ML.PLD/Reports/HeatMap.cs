namespace Microsoft.ML.PLD;

/// <summary>How likely each block was to run, over the steps of a run.</summary>
internal static class HeatMap
{
    /// <param name="curves">One a block, the one at the input first.</param>
    public static HtmlText Of(IReadOnlyList<ThinnedCurve> curves)
    {
        if (curves.Count == 0 || curves.Any(curve => curve.Points.Count == 0)) return HtmlText.Empty;
        var lowest = Math.Floor(curves.Min(curve => curve.Points.Min(point => point.Lowest)) * 10) / 10;
        if (lowest >= 1) return HtmlText.Empty;
        var plot = new Plot(
            Axis.Exactly(curves[0].Points[0].FirstStep, Math.Max(curves[0].Points[^1].LastStep, curves[0].Points[0].FirstStep + 1)),
            Axis.Exactly(0.5, curves.Count + 0.5, Math.Min(curves.Count, 6)) with { Tick = Math.Max(1, Math.Ceiling(curves.Count / 6.0)) });
        var cells = curves.SelectMany((curve, block) => Runs(curve, lowest).Select(run => HtmlText.Of(
            $"""<rect class="c1 cell" x="{plot.AtX(run.From):0.#}" y="{plot.AtY(block + 1.5):0.#}" width="{plot.AtX(run.To) - plot.AtX(run.From) + 0.4:0.#}" height="{plot.AtY(block + 0.5) - plot.AtY(block + 1.5):0.#}" fill-opacity="{run.Shade:0.##}"/>""")));
        var description = string.Join(' ', curves.Select((curve, block) => FormattableString.Invariant($"Block {block + 1}: {curve.Points[0].Mean:F2} at first, {curve.Points[^1].Last:F2} at last.")));
        const string title = "How likely each block runs";
        return Figure.Of(
            title, plot.Draw(title, description, "step", HtmlText.Join(cells)), "Block 1 is at the input. What is skipped costs nothing: no forward pass, no backward pass, no optimizer.",
            [HtmlText.Of($"<span class=\"scale\"><i></i>{Figure.Percent(lowest)} to 100 %</span>")]);
    }

    // Neighbours of the same shade are one cell.
    private static IEnumerable<(double From, double To, double Shade)> Runs(ThinnedCurve curve, double lowest)
    {
        (double From, double To, double Shade)? open = null;
        foreach (var point in curve.Points)
        {
            var shade = 0.04 + 0.96 * Math.Round((point.Mean - lowest) / (1 - lowest), 2);
            if (open is { } before && before.Shade == shade) open = before with { To = point.LastStep };
            else
            {
                if (open is { } done) yield return done with { To = point.FirstStep };
                open = (point.FirstStep, point.LastStep, shade);
            }
        }
        if (open is { } last) yield return last;
    }
}
