namespace Microsoft.ML.PLD;

/// <summary>Predicted numbers against true ones, and how far they are off.</summary>
internal static class ScatterChart
{
    private const int MostPoints = 1_500, MostFarPoints = 100, Bins = 24;

    public static HtmlText PredictedAgainstTrue(NumberEvaluation evaluation)
    {
        var rows = Thin(evaluation);
        var (lowest, highest) = (rows.Min(row => Math.Min(row.Label, row.Predicted)), rows.Max(row => Math.Max(row.Label, row.Predicted)));
        var axis = Axis.Around(lowest, highest, 5);
        var plot = new Plot(axis, axis, Height: 300);
        var content = HtmlText.Of($"""
            <path class="ideal" d="M{plot.AtX(axis.From):0.#} {plot.AtY(axis.From):0.#}L{plot.AtX(axis.To):0.#} {plot.AtY(axis.To):0.#}"/>{rows.Select(row => HtmlText.Of($"""<circle class="c1 cloud" cx="{plot.AtX(row.Label):0.#}" cy="{plot.AtY(row.Predicted):0.#}" r="2.6"/>"""))}
            """);
        const string title = "Predicted against true";
        return Figure.Of(
            title, plot.Draw(title, FormattableString.Invariant($"{evaluation.Rows:N0} rows; R squared {evaluation.RSquared:F3}, Pearson correlation {evaluation.Pearson:F3}."), "true value", content),
            $"On the line it would be right.{(rows.Length < evaluation.Rows ? FormattableString.Invariant($" {rows.Length:N0} of {evaluation.Rows:N0} rows are drawn, those farthest off among them.") : "")}");
    }

    public static HtmlText Residuals(NumberEvaluation evaluation)
    {
        double[] residuals = [.. evaluation.Residuals];
        var x = Axis.Around(residuals.Min(), residuals.Max(), 6);
        var counts = new int[Bins];
        foreach (var residual in residuals) counts[Math.Clamp((int)(x.At(residual) * Bins), 0, Bins - 1)]++;
        var plot = new Plot(x, Axis.Around(0, counts.Max()), Height: 300);
        var bars = counts.Select((count, bin) => count == 0 ? HtmlText.Empty : HtmlText.Of($"""
            <rect class="c1 bar" x="{plot.AtX(Edge(x, bin + 0.06)):0.#}" y="{plot.AtY(count):0.#}" width="{plot.AtX(Edge(x, 0.88)) - plot.AtX(x.From):0.#}" height="{plot.AtY(0) - plot.AtY(count):0.#}"><title>{Edge(x, bin):G3} to {Edge(x, bin + 1):G3}: {count:N0} rows</title></rect>
            """));
        var zero = x is { From: <= 0, To: >= 0 } ? HtmlText.Of($"""<path class="ideal" d="M{plot.AtX(0):0.#} {plot.AtY(plot.Y.To):0.#}V{plot.AtY(0):0.#}"/>""") : HtmlText.Empty;
        const string title = "Residuals";
        return Figure.Of(
            title, plot.Draw(title, FormattableString.Invariant($"From {residuals.Min():G3} to {residuals.Max():G3}; their mean is {residuals.Average():G3}."), "predicted less true", HtmlText.Of($"{bars}{zero}")),
            FormattableString.Invariant($"Rows by how far the prediction is off; {residuals.Average():G3} on average."));
    }

    private static double Edge(Axis axis, double bin) => axis.From + (axis.To - axis.From) * bin / Bins;

    // Those farthest off, and of the others each n-th.
    private static (double Label, double Predicted)[] Thin(NumberEvaluation evaluation)
    {
        (double Label, double Predicted)[] rows = [.. evaluation.Labels.Zip(evaluation.Predicted, (label, predicted) => ((double)label, (double)predicted))];
        if (rows.Length <= MostPoints) return rows;
        var byResidual = rows.OrderByDescending(row => Math.Abs(row.Predicted - row.Label)).ToArray();
        var rest = byResidual[MostFarPoints..];
        var every = (rest.Length - 1) / (MostPoints - MostFarPoints) + 1;
        return [.. byResidual[..MostFarPoints], .. rest.Where((_, index) => index % every == 0)];
    }
}
