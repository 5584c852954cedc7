namespace Microsoft.ML.PLD;

/// <summary>Curves over the steps of a run.</summary>
/// <param name="Title">What they are of.</param>
/// <param name="Format">Of their values in words, as of a number.</param>
/// <param name="Series">The curves; those without points are left out.</param>
internal sealed record LineChart(string Title, string Format, params IReadOnlyList<LineSeries> Series)
{
    /// <summary>The lowest value that the axis has to reach; null: none.</summary>
    public double? Floor { get; init; }

    /// <summary>The highest, which it does not exceed; null: none.</summary>
    public double? Ceiling { get; init; }

    /// <summary>The last step of the axis, where the curves end earlier.</summary>
    public long LastStep { get; init; }

    /// <summary>Steps to mark, at which a run went on.</summary>
    public IReadOnlyList<long> Marks { get; init; } = [];

    /// <summary>What the chart says, in a sentence beneath it; empty: nothing.</summary>
    public string Note { get; init; } = "";

    /// <summary>Empty where there is no curve of two points.</summary>
    public HtmlText Draw()
    {
        LineSeries[] drawn = [.. Series.Where(series => series.Points.Count > 0)];
        if (drawn.All(series => series.Points.Count < 2)) return HtmlText.Empty;
        var points = drawn.SelectMany(series => series.Points).ToArray();
        var plot = new Plot(
            Axis.Exactly(LastStep > 0 ? 1 : points.Min(point => point.FirstStep), Math.Max(LastStep, points.Max(point => point.LastStep))),
            Ceiling is { } ceiling ? Axis.Exactly(Floor ?? 0, ceiling) : Axis.Around(Math.Min(Floor ?? double.MaxValue, points.Min(point => point.Lowest)), points.Max(point => point.Highest)));
        var description = string.Join(' ', drawn.Select(series => FormattableString.Invariant(
            $"{series.Name}: from {Value(series.Points[0].Mean)} at step {series.Points[0].FirstStep:N0} to {Value(series.Points[^1].Last)} at step {series.Points[^1].LastStep:N0}.")));
        var marks = Marks.Where(mark => mark > plot.X.From && mark <= plot.X.To).Select(mark => HtmlText.Of($"""<path class="mark" d="M{plot.AtX(mark):0.#} 10V190"/>"""));
        return Figure.Of(
            Title, plot.Draw(Title, description, "step", HtmlText.Of($"{marks}{drawn.Select(series => series.Draw(plot))}")), Note,
            [.. drawn.Select(series => HtmlText.Of($"""<span class="key c{series.Colour}">{series.Name} <b>{Value(series.Points[^1].Last)}</b></span>"""))]);
    }

    private string Value(double value) => Format switch
    {
        "bytes" => FormattableString.Invariant($"{value / 1e9:F2} GB"),
        "share" => Figure.Percent(value),
        _ => value.ToString(Format, System.Globalization.CultureInfo.InvariantCulture),
    };
}

/// <summary>A curve of a chart.</summary>
/// <param name="Name">As in "training".</param>
/// <param name="Points">In the order of their steps.</param>
/// <param name="Colour">1 to 5.</param>
/// <param name="Look">How they are drawn.</param>
internal sealed record LineSeries(string Name, IReadOnlyList<ThinnedPoint> Points, int Colour, LineLook Look = LineLook.Plain)
{
    private const int FewPoints = 40;

    public HtmlText Draw(Plot plot)
    {
        if (Look != LineLook.Noisy)
        {
            var dots = Look == LineLook.Plain || Points.Count > FewPoints ? [] : Points.Select(point => HtmlText.Of($"""<circle class="c{Colour} dot" cx="{plot.AtX(point.LastStep):0.#}" cy="{plot.AtY(point.Last):0.#}" r="3"/>"""));
            return HtmlText.Of($"""<polyline class="c{Colour} line" points="{plot.Points(Points.Select(point => ((double)point.LastStep, point.Last)))}"/>{dots}""");
        }
        var band = Points.Select(point => (Middle(point), point.Highest)).Concat(Points.Reverse().Select(point => (Middle(point), point.Lowest)));
        return HtmlText.Of($"""
            <polygon class="c{Colour} band" points="{plot.Points(band)}"/><polyline class="c{Colour} faint" points="{plot.Points(Points.Select(point => (Middle(point), point.Mean)))}"/>
            <polyline class="c{Colour} line" points="{plot.Points(Smoothed())}"/>
            """);
    }

    private static double Middle(ThinnedPoint point) => (point.FirstStep + point.LastStep) / 2.0;

    // The mean of as many points on either side; fewer at both ends, where the curve itself ends.
    private IEnumerable<(double, double)> Smoothed()
    {
        var most = Math.Min(10, Points.Count / 20);
        for (var at = 0; at < Points.Count; at++)
        {
            var reach = Math.Min(most, Math.Min(at, Points.Count - 1 - at));
            var (sum, count) = (0.0, 0L);
            for (var near = at - reach; near <= at + reach; near++) (sum, count) = (sum + Points[near].Mean * Points[near].Count, count + Points[near].Count);
            yield return (Middle(Points[at]), sum / count);
        }
    }
}

/// <summary>How a curve is drawn.</summary>
internal enum LineLook
{
    /// <summary>A line through all values.</summary>
    Plain,

    /// <summary>With a dot on each of few values.</summary>
    Dotted,

    /// <summary>Of values with a chance of their own: a smoothed line, on the range of all of them.</summary>
    Noisy,
}
