using System.Globalization;
using Glue;
using Microsoft.ML.PLD;
using ScottPlot;

namespace Compare;

/// <summary>The plots of a report.</summary>
internal static class ComparePlots
{
    private const int Width = 640, Height = 400, LettersOfName = 28;
    private static readonly string[] KnownFonts = ["Verdana", "DejaVu Sans", "Segoe UI", "Helvetica", "Arial", "Liberation Sans"];
    private static readonly string Font = KnownFonts.Intersect(SkiaSharp.SKFontManager.Default.FontFamilies).FirstOrDefault() ?? Fonts.Sans;
    private static readonly IPalette Few = new ScottPlot.Palettes.Category10(), Many = new ScottPlot.Palettes.Category20();

    public static IReadOnlyList<ReportPlot> Of(Summary summary)
    {
        if (summary.Config.Arms.All(arm => summary.Whole(arm.Name).Count == 0)) return [];
        var exponent = 3 * (int)(Math.Log10(Math.Max(1, summary.Results.Max(run => run.BlockFlops))) / 3);
        return
        [
            Loss(summary, "loss-steps", "steps", point => point.Step),
            Loss(summary, "loss-samples", "samples", point => point.Samples),
            Loss(summary, "loss-flops", $"floating-point operations of the blocks, in 1e{exponent}", point => point.BlockFlops / Math.Pow(10, exponent)),
            Loss(summary, "loss-time", "reference system time, s", point => point.ReferenceSeconds),
            Final(summary),
            Trace(summary, "theta", "theta, keep ratio of the last block", point => point.Theta, isDrawn: false, "theta over the run, the mean over seeds."),
            Trace(summary, "blocks", "blocks' worth of FLOPs a step", point => point.Blocks, isDrawn: true, "Blocks that ran at a step, by what they cost, averaged over parts of the run and over seeds."),
            .. summary.Config.Arms.Select(Keep).OfType<ReportPlot>(),
            .. Blocks(summary),
        ];
    }

    private static ReportPlot Loss(Summary summary, string name, string horizontal, Func<ValidationPoint, double> spent)
    {
        using var plot = New(horizontal, "loss on held-out text, nats");
        foreach (var (arm, color) in Arms(summary))
        {
            if (summary.Whole(arm) is not { Count: > 0 } runs) continue;
            var curve = MeanCurve.Of(runs, summary.Config.Validations, spent);
            if (runs.Count > 1) AddBand(plot, curve.X, curve.Low, curve.High, color, summary);
            AddLine(plot, curve.X, curve.Mean, color, arm);
        }
        Legend(plot);
        return Draw(plot, name, $"Loss on held-out text against {horizontal}: mean over seeds, and one standard deviation to either side.");
    }

    private static ReportPlot Final(Summary summary)
    {
        using var plot = New("reference system time, s", "final loss on held-out text, nats");
        foreach (var (arm, color) in Arms(summary))
        {
            if (summary.Whole(arm) is not { Count: > 0 } runs) continue;
            var points = plot.Add.Markers(runs.Select(run => run.ReferenceSeconds).ToArray(), runs.Select(run => run.FinalLoss!.Value).ToArray(), MarkerShape.FilledCircle, 9, color.WithAlpha(0.75));
            points.LegendText = Short(arm);
        }
        Legend(plot);
        return Draw(plot, "final", "Each run at its end, a point a seed: further down is better, further left is cheaper.");
    }

    private static ReportPlot Trace(Summary summary, string name, string vertical, Func<TracePoint, double> value, bool isDrawn, string caption)
    {
        using var plot = New("share of the run", vertical);
        foreach (var (arm, color) in Arms(summary))
        {
            if (summary.Whole(arm) is not { Count: > 0 } runs) continue;
            var count = runs.Min(run => run.Trace.Count); // runs of few steps differ
            var parts = runs.SelectMany(run => run.Trace).GroupBy(point => (int)(point.Share * count)).OrderBy(part => part.Key).ToArray();
            double[] means = [.. parts.Select(part => part.Average(value))];
            AddLine(plot, [.. parts.Select(part => (part.Key + 0.5) / count)], isDrawn ? Smooth(means) : means, color, arm);
        }
        Legend(plot);
        plot.Axes.Margins(bottom: 0.08, top: 0.08);
        return Draw(plot, name, caption);
    }

    // Gates are drawn: the mean over a tenth of the run is what is seen through them.
    private static double[] Smooth(double[] values)
    {
        var reach = values.Length / 20;
        return [.. values.Select((_, i) => values[Math.Max(0, i - reach)..Math.Min(values.Length, i + reach + 1)].Average())];
    }

    // Null where every block is always kept.
    private static ReportPlot? Keep(Arm arm)
    {
        const int parts = 100;
        var (layers, schedule) = (arm.Model.Layers, arm.Training.LayerSchedule);
        var keep = new double[layers, parts];
        for (var part = 0; part < parts; part++)
        {
            var probabilities = schedule.KeepProbabilities(part, parts, layers);
            for (var block = 0; block < layers; block++) keep[layers - 1 - block, part] = probabilities[block];
        }
        if (layers < 2 || keep.Cast<double>().All(p => p == 1)) return null;
        using var plot = New("share of the run", "block, 1 at the input");
        plot.Title(Short(arm.Name), 14);
        var map = plot.Add.Heatmap(keep);
        map.Colormap = new ScottPlot.Colormaps.Viridis();
        map.ManualRange = new ScottPlot.Range(0, 1);
        map.Position = new CoordinateRect(0.5 / parts, 1 - 0.5 / parts, 1, layers); // the middles of the outermost cells
        var bar = plot.Add.ColorBar(map);
        (bar.Label, bar.LabelStyle.FontSize) = ("probability of being kept", 12);
        plot.Axes.SetLimits(0, 1, 0.5, layers + 0.5);
        plot.Axes.Left.SetTicks([.. Enumerable.Range(1, layers).Select(block => (double)block)], [.. Enumerable.Range(1, layers).Select(block => block.ToString(CultureInfo.InvariantCulture))]);
        plot.HideGrid();
        var measured = Enumerable.Range(0, parts).Any(step => schedule.MeasuresBefore(step, parts)) ? " Before anything is measured; what it measures moves the probabilities between blocks." : "";
        return Draw(plot, $"keep-{WorkFolder.FileName(arm.Name)}", $"{arm.Name}: the probability of keeping each block.{measured}");
    }

    private static IEnumerable<ReportPlot> Blocks(Summary summary)
    {
        if (summary.Config.Arms.All(arm => summary.Whole(arm.Name).All(run => run.Blocks.Count == 0))) yield break;
        yield return Change("blocks-distance", "distance, in lengths of the input", change => change.Distance, "how far each block moves its input, in lengths of the input");
        yield return Change("blocks-angle", "angle, degrees", change => change.Angle * 180 / Math.PI, "how far each block turns its input");

        ReportPlot Change(string name, string vertical, Func<BlockChange, double> value, string what)
        {
            using var plot = New("block, 1 at the input", vertical);
            foreach (var (arm, color) in Arms(summary))
            {
                if (summary.Whole(arm).Where(run => run.Blocks.Count > 0).ToArray() is not { Length: > 0 } runs) continue;
                var isPost = summary.Config.Arms.First(of => of.Name == arm).Model.NormPlacement == NormPlacement.Post;
                double[] blocks = [.. Enumerable.Range(1, runs[0].Blocks.Count).Select(block => (double)block)];
                Statistics[] of = [.. blocks.Select((_, i) => Statistics.Of([.. runs.Select(run => value(run.Blocks[i]))]))];
                if (runs.Length > 1) AddBand(plot, blocks, [.. of.Select(block => block.Mean - block.Deviation)], [.. of.Select(block => block.Mean + block.Deviation)], color, summary);
                var line = AddLine(plot, blocks, [.. of.Select(block => block.Mean)], color, arm);
                (line.MarkerSize, line.LinePattern) = (6, isPost ? LinePattern.Dashed : LinePattern.Solid);
            }
            plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
            Legend(plot);
            return Draw(plot, name, $"After training, {what}, on held-out text: the mean over tokens and seeds, and one standard deviation over seeds to either side. Dashed: layer normalization after each sub-layer (PostLN).");
        }
    }

    private static IEnumerable<(string Arm, Color Color)> Arms(Summary summary) =>
        summary.Config.Arms.Select((arm, place) => (arm.Name, (IsFew(summary) ? Few : Many).GetColor(place)));

    private static void AddBand(Plot plot, double[] x, double[] low, double[] high, Color color, Summary summary)
    {
        var band = plot.Add.FillY(x, low, high);
        (band.FillColor, band.LineWidth) = (color.WithAlpha(IsFew(summary) ? 0.18 : 0.06), 0);
    }

    private static bool IsFew(Summary summary) => summary.Config.Arms.Count <= 10;

    private static ScottPlot.Plottables.Scatter AddLine(Plot plot, double[] x, double[] y, Color color, string name)
    {
        var line = plot.Add.Scatter(x, y);
        (line.Color, line.LineWidth, line.MarkerSize, line.LegendText) = (color, 2, x.Length == 1 ? 6 : 0, Short(name));
        return line;
    }

    private static Plot New(string horizontal, string vertical)
    {
        var plot = new Plot();
        plot.Font.Set(Font);
        plot.XLabel(horizontal, 12);
        plot.YLabel(vertical, 12);
        return plot;
    }

    private static void Legend(Plot plot)
    {
        plot.ShowLegend(Edge.Right);
        (plot.Legend.OutlineWidth, plot.Legend.ShadowColor, plot.Legend.FontSize) = (0, ScottPlot.Colors.Transparent, 11);
    }

    private static string Short(string name) => name.Length <= LettersOfName ? name : string.Create(CultureInfo.InvariantCulture, $"{name[..(LettersOfName / 2 - 1)]}…{name[^(LettersOfName / 2)..]}");

    private static ReportPlot Draw(Plot plot, string name, string caption)
    {
        const int scale = 2; // for fine screens
        plot.ScaleFactor = scale;
        return new ReportPlot($"{name}.png", caption, Width, plot.GetImage(scale * Width, scale * Height).GetImageBytes(ImageFormat.Png));
    }
}
