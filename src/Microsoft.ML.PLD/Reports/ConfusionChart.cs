namespace Microsoft.ML.PLD;

/// <summary>Which class was taken for which: a table of few classes, a map of many.</summary>
internal static class ConfusionChart
{
    private const int FewClasses = 12, MostClasses = 100, MostPairs = 12;

    /// <summary>Whether it is a map.</summary>
    public static bool IsMap(ClassEvaluation evaluation) => evaluation.ByClass.Count > FewClasses;

    public static HtmlText Of(ClassEvaluation evaluation) => IsMap(evaluation) ? Map(evaluation) : Table(evaluation, [.. evaluation.ByClass.Select(one => one.Index)]);

    /// <summary>The mistakes that were made most often.</summary>
    public static HtmlText MostFrequent(ClassEvaluation evaluation)
    {
        var pairs = evaluation.Confusion.Where(cell => cell.Key.Label != cell.Key.Predicted).OrderByDescending(cell => cell.Value).ThenBy(cell => cell.Key).Take(MostPairs).ToArray();
        if (!IsMap(evaluation) || pairs.Length == 0) return HtmlText.Empty;
        return HtmlText.Of($"""
            <figure class="card"><figcaption><h3>What is taken for what</h3></figcaption><div class="scroll"><table><thead><tr><th scope="col">is</th><th scope="col">taken for</th><th scope="col" class="n">rows</th></tr></thead><tbody>
            {pairs.Select(pair => HtmlText.Of($"<tr><td>{Name(evaluation, pair.Key.Label)}</td><td>{Name(evaluation, pair.Key.Predicted)}</td><td class=\"n\">{pair.Value:N0}</td></tr>\n"))}</tbody></table></div></figure>
            """);
    }

    /// <summary>The name of a class, which may be broken where its words end.</summary>
    public static HtmlText Name(ClassEvaluation evaluation, int index) => HtmlText.Of($"<bdi>{new HtmlText(HtmlText.Escape(Excerpt.Of(evaluation.Classes[index])).Replace("_", "_<wbr/>", StringComparison.Ordinal))}</bdi>");

    private static HtmlText Table(ClassEvaluation evaluation, int[] classes)
    {
        var head = classes.Select(predicted => HtmlText.Of($"<th scope=\"col\" class=\"n\">{Name(evaluation, predicted)}</th>"));
        var rows = classes.Select(label =>
        {
            var all = classes.Sum(predicted => evaluation.Confusion.GetValueOrDefault((label, predicted)));
            var cells = classes.Select(predicted =>
            {
                var count = evaluation.Confusion.GetValueOrDefault((label, predicted));
                return HtmlText.Of($"<td class=\"n heat c{(label == predicted ? 1 : 2)}\" style=\"--share:{(all == 0 ? 0 : (double)count / all):0.##}\">{count:N0}</td>");
            });
            return HtmlText.Of($"<tr><th scope=\"row\">{Name(evaluation, label)}</th>{cells}<td class=\"n sum\">{all:N0}</td></tr>\n");
        });
        return HtmlText.Of($"""
            <figure class="card"><figcaption><h3>Confusion matrix</h3><p class="keys"><span class="key c1">right</span><span class="key c2">wrong</span></p></figcaption>
            <div class="scroll"><table class="matrix"><thead><tr><th scope="col">true class / predicted</th>{head}<th scope="col" class="n">rows</th></tr></thead><tbody>
            {rows}</tbody></table></div></figure>
            """);
    }

    private static HtmlText Map(ClassEvaluation evaluation)
    {
        var mistakes = evaluation.Confusion.Where(cell => cell.Key.Label != cell.Key.Predicted).SelectMany(cell => new[] { (cell.Key.Label, cell.Value), (cell.Key.Predicted, cell.Value) })
            .AggregateBy(one => one.Item1, 0, (sum, one) => sum + one.Value).ToDictionary();
        int[] shown = [.. evaluation.ByClass.Select(one => one.Index).OrderByDescending(index => mistakes.GetValueOrDefault(index)).ThenBy(index => index).Take(MostClasses).Order()];
        var places = shown.Index().ToDictionary(one => one.Item, one => one.Index);
        var rows = evaluation.ByClass.ToDictionary(one => one.Index, one => one.Labels);
        const int size = 440, left = 8;
        var step = (double)size / shown.Length;
        var cells = evaluation.Confusion.Where(cell => places.ContainsKey(cell.Key.Label) && places.ContainsKey(cell.Key.Predicted)).Select(cell => HtmlText.Of($"""
            <rect class="c{(cell.Key.Label == cell.Key.Predicted ? 1 : 2)}" x="{left + places[cell.Key.Predicted] * step:0.##}" y="{places[cell.Key.Label] * step + 2:0.##}" width="{step * 0.92:0.##}" height="{step * 0.92:0.##}" fill-opacity="{0.15 + 0.85 * Math.Sqrt((double)cell.Value / rows[cell.Key.Label]):0.##}"><title>{Excerpt.Of(evaluation.Classes[cell.Key.Label])} → {Excerpt.Of(evaluation.Classes[cell.Key.Predicted])}: {cell.Value:N0} of {rows[cell.Key.Label]:N0}</title></rect>

            """));
        var some = shown.Length < evaluation.ByClass.Count ? $" The {shown.Length} classes with the most mistakes of {evaluation.ByClass.Count}." : "";
        var svg = HtmlText.Of($"""
            <svg viewBox="0 0 460 {size + 24}" role="img"><title>Confusion matrix</title><desc>{evaluation.Right:N0} of {evaluation.Rows:N0} rows lie on the diagonal.{some} The table of the most frequent mistakes has the numbers.</desc>
            <rect class="frame" x="{left}" y="2" width="{size}" height="{size}"/>{cells}<text class="x" x="{left + size / 2}" y="{size + 18}">predicted class</text></svg>
            """);
        return Figure.Of("Confusion matrix", svg, $"One row a true class, one column a predicted one; the stronger, the larger the share of the row.{some}",
            [HtmlText.Of($"<span class=\"key c1\">right</span>"), HtmlText.Of($"<span class=\"key c2\">wrong</span>")]);
    }
}
