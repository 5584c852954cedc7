using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.PLD;
using ScottPlot;

namespace Glue;

/// <summary>The plots of a report: how the seeds spread, and what the learning rate does.</summary>
internal static partial class Plots
{
    private const int Width = 460, Height = 320, LettersInARow = 66;
    private static readonly string[] KnownFonts = ["Verdana", "DejaVu Sans", "Segoe UI", "Helvetica", "Arial", "Liberation Sans"];
    private static readonly string Font = KnownFonts.Intersect(SkiaSharp.SKFontManager.Default.FontFamilies).FirstOrDefault() ?? Fonts.Sans;
    private static readonly IPalette Palette = new ScottPlot.Palettes.Category10();

    public static IReadOnlyList<ReportPlot> Of(Summary summary) =>
        [.. summary.Tasks.Where(task => summary.MetricsOf(task).Count > 0).SelectMany(task => new[] { Seeds(summary, task), Rates(summary, task) }).OfType<ReportPlot>()];

    private static ReportPlot Seeds(Summary summary, GlueTask task)
    {
        var metric = summary.MetricsOf(task)[0];
        using var plot = New(task.Name, $"{metric}, %");
        for (var place = 0; place < summary.Arms.Count; place++)
        {
            double[] values = [.. summary.ChosenRunsOf(summary.Arms[place], task).SelectMany(run => run.Metrics).Where(of => of.Name == metric && double.IsFinite(of.Value)).Select(of => 100 * of.Value)];
            if (values.Length == 0) continue;
            var color = Palette.GetColor(place);
            // Side by side, that equal ones are seen.
            double[] places = [.. values.Select((_, i) => place + 0.3 * ((i + 0.5) / values.Length - 0.5))];
            plot.Add.Markers(places, values, MarkerShape.FilledCircle, 8, color.WithAlpha(0.65));
            plot.Add.Line(place - 0.25, values.Average(), place + 0.25, values.Average()).LineStyle = new LineStyle { Color = color, Width = 2.5f };
        }
        plot.Axes.Bottom.SetTicks([.. summary.Arms.Select((_, place) => (double)place)], [.. summary.Arms.Select(arm => Short(arm, LettersInARow / summary.Arms.Count))]);
        plot.Axes.Bottom.MajorTickStyle.Length = 0;
        plot.Grid.XAxisStyle.IsVisible = false;
        plot.Axes.SetLimitsX(-0.6, summary.Arms.Count - 0.4);
        AtLeastOnePoint(plot);
        return Draw(plot, $"{WorkFolder.FileName(task.Name)}-seeds", $"{task.Name}: each seed at the chosen learning rate, and the mean (line).");
    }

    // Null where there is one rate only.
    private static ReportPlot? Rates(Summary summary, GlueTask task)
    {
        using var plot = New(task.Name, summary.MetricsOf(task).Count > 1 ? $"mean of {string.Join(", ", summary.MetricsOf(task))}, %" : $"{summary.MetricsOf(task)[0]}, %");
        var shown = new SortedSet<double>();
        for (var place = 0; place < summary.Arms.Count; place++)
        {
            var rates = summary.RunsOf(summary.Arms[place], task).Where(run => summary.FullGrid || run.Key.Seed == 1)
                .GroupBy(run => run.Key.LearningRate).Where(rate => rate.All(run => double.IsFinite(run.Score()))).OrderBy(rate => rate.Key).ToArray();
            if (rates.Length == 0) continue;
            shown.UnionWith(rates.Select(rate => rate.Key));
            var line = plot.Add.Scatter(rates.Select(rate => Math.Log10(rate.Key)).ToArray(), rates.Select(rate => 100 * rate.Average(run => run.Score())).ToArray());
            // Smaller on top, that equal ones are seen.
            (line.Color, line.LineWidth, line.MarkerSize) = (Palette.GetColor(place), 2, Math.Max(5, 13 - 4 * place));
            if (summary.Arms.Count > 1) line.LegendText = Short(summary.Arms[place], LettersInARow / 3);
        }
        if (shown.Count < 2) return null;
        plot.Axes.Bottom.SetTicks([.. shown.Select(Math.Log10)], [.. shown.Select(ReportTables.Rate)]);
        var (lowest, highest) = (Math.Log10(shown.Min), Math.Log10(shown.Max));
        plot.Axes.SetLimitsX(lowest - 0.12 * (highest - lowest), highest + 0.12 * (highest - lowest));
        plot.XLabel("learning rate", 12);
        if (summary.Arms.Count > 1)
        {
            plot.ShowLegend(Edge.Bottom);
            (plot.Legend.OutlineWidth, plot.Legend.ShadowColor) = (0, ScottPlot.Colors.Transparent);
        }
        AtLeastOnePoint(plot);
        return Draw(plot, $"{WorkFolder.FileName(task.Name)}-rates",
            $"{task.Name}: learning rate and score, {(summary.FullGrid ? "the mean over all seeds" : "with the first seed")}; the highest is chosen. Rates with failed runs are left out.");
    }

    private static Plot New(string title, string vertical)
    {
        var plot = new Plot();
        plot.Font.Set(Font);
        plot.Title(title, 15);
        plot.YLabel(vertical, 12);
        return plot;
    }

    // Equal values would make an axis of nothing.
    private static void AtLeastOnePoint(Plot plot)
    {
        plot.Axes.AutoScaleY();
        var limits = plot.Axes.GetLimits();
        var missing = Math.Max(0, 2 - limits.VerticalSpan) / 2;
        plot.Axes.SetLimitsY(limits.Bottom - missing, limits.Top + missing);
    }

    private static string Short(string name, int letters) => name.Length <= letters ? name : $"{name[..Math.Max(1, letters / 2 - 1)]}…{name[^Math.Max(1, letters / 2)..]}";

    private static ReportPlot Draw(Plot plot, string name, string caption)
    {
        var svg = plot.GetSvgXml(Width, Height);
        svg = svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
        // Whoever looks at it may have other fonts: letters go where their widths put them.
        svg = LetterPlaces().Replace(svg, "$1\"");
        svg = FontFamily().Replace(svg, "font-family=\"Verdana, 'DejaVu Sans', sans-serif\"");
        return new ReportPlot($"{name}.svg", caption, Width, Encoding.UTF8.GetBytes(svg));
    }

    [GeneratedRegex(@"( [xy]=""[^"",]+),[^""]*""")]
    private static partial Regex LetterPlaces();

    [GeneratedRegex(@"font-family=""[^""]+""")]
    private static partial Regex FontFamily();
}
