namespace Microsoft.ML.PLD;

/// <summary>How good a model is on rows that it has not learned from.</summary>
internal static class EvaluationSection
{
    private const int FewClasses = 15;

    /// <param name="evaluation">The evaluation.</param>
    /// <param name="id">Of the section.</param>
    /// <param name="isFirst">Whether the page is about it; others are there to compare with, and closed.</param>
    public static HtmlText Of(Evaluation evaluation, string id, bool isFirst)
    {
        var content = evaluation is ClassEvaluation classes ? Classes(classes) : Numbers((NumberEvaluation)evaluation);
        return HtmlText.Of($"""
            <section id="{id}"><h2>{evaluation.Title}</h2><p class="lead">{Sentence(evaluation)}</p>
            {(isFirst ? content : HtmlText.Of($"<details class=\"plain\"><summary>Confusion, calibration, mistakes</summary>{content}</details>"))}</section>

            """);
    }

    /// <summary>Several evaluations side by side.</summary>
    public static HtmlText Compare(IReadOnlyList<Evaluation> evaluations)
    {
        var classes = evaluations.OfType<ClassEvaluation>().ToArray();
        var numbers = evaluations.OfType<NumberEvaluation>().ToArray();
        if (classes.Length < 2 && numbers.Length < 2) return HtmlText.Empty;
        return HtmlText.Of($"""
            <section id="compared"><h2>Side by side</h2>
            {(classes.Length > 1 ? Table(["model"], ["accuracy", "macro F1", "log-loss", "calibration error", "rows"], classes.Select(Row)) : HtmlText.Empty)}
            {(numbers.Length > 1 ? Table(["model"], ["R squared", "mean absolute error", "root mean squared error", "correlation", "rows"], numbers.Select(Row)) : HtmlText.Empty)}</section>

            """);
    }

    private static HtmlText Row(ClassEvaluation one) => HtmlText.Of($"""
        <tr><th scope="row">{one.Title}</th><td class="n bar" style="--share:{one.Accuracy:0.###}">{Figure.Percent(one.Accuracy)}</td><td class="n">{Figure.Percent(one.MacroF1)}</td><td class="n">{one.LogLoss:F3}</td><td class="n">{(one.Reliability is { } known ? Figure.Percent(known.ExpectedCalibrationError) : "")}</td><td class="n">{one.Rows:N0}</td></tr>

        """);

    private static HtmlText Row(NumberEvaluation one) => HtmlText.Of($"""
        <tr><th scope="row">{one.Title}</th><td class="n bar" style="--share:{Math.Clamp(one.RSquared, 0, 1):0.###}">{one.RSquared:F3}</td><td class="n">{one.MeanAbsoluteError:G4}</td><td class="n">{one.RootMeanSquaredError:G4}</td><td class="n">{one.Pearson:F3}</td><td class="n">{one.Rows:N0}</td></tr>

        """);

    private static string Sentence(Evaluation evaluation)
    {
        var figures = evaluation switch
        {
            ClassEvaluation { LogLoss: { } loss } one => FormattableString.Invariant($"{one.Right:N0} of {one.Rows:N0} rows are right ({Figure.Percent(one.Accuracy)}) · macro F1 {Figure.Percent(one.MacroF1)} · log-loss {loss:F3}"),
            ClassEvaluation one => FormattableString.Invariant($"{one.Right:N0} of {one.Rows:N0} rows are right ({Figure.Percent(one.Accuracy)}) · macro F1 {Figure.Percent(one.MacroF1)} · the scores are no probabilities, so nothing is said about calibration"),
            NumberEvaluation one => FormattableString.Invariant($"{one.Rows:N0} rows · R squared {one.RSquared:F3} · mean absolute error {one.MeanAbsoluteError:G4} · root mean squared error {one.RootMeanSquaredError:G4} · Spearman correlation {one.Spearman:F3}"),
            _ => "",
        };
        return evaluation.Unlabelled == 0 ? $"{figures}." : FormattableString.Invariant($"{figures} · {evaluation.Unlabelled:N0} rows without a label are left out.");
    }

    private static HtmlText Classes(ClassEvaluation evaluation) => HtmlText.Of($"""
        <div class="cards">{ConfusionChart.Of(evaluation)}{(evaluation.Reliability is { } reliability ? ReliabilityChart.Of(reliability, evaluation.Rows, isTall: ConfusionChart.IsMap(evaluation)) : HtmlText.Empty)}{ConfusionChart.MostFrequent(evaluation)}{ByClass(evaluation)}</div>
        {Mistakes(evaluation)}
        """);

    private static HtmlText Numbers(NumberEvaluation evaluation) => HtmlText.Of($"""
        <div class="cards">{ScatterChart.PredictedAgainstTrue(evaluation)}{ScatterChart.Residuals(evaluation)}</div>
        <h3>Farthest off</h3>
        {Table(["text"], ["true", "predicted", "off by"], evaluation.Worst.Select(row => HtmlText.Of($"""<tr><td class="text"><bdi>{row.Text}</bdi></td><td class="n" data-name="true">{row.Label:G5}</td><td class="n" data-name="predicted">{row.Predicted:G5}</td><td class="n" data-name="off by">{(double)row.Predicted - row.Label:G4}</td></tr>""")), "rows")}
        """);

    private static HtmlText ByClass(ClassEvaluation evaluation)
    {
        var rows = evaluation.ByClass.OrderBy(one => one.F1).ThenBy(one => one.Index).Select(one => HtmlText.Of($"""
            <tr><th scope="row">{ConfusionChart.Name(evaluation, one.Index)}</th><td class="n bar" style="--share:{one.F1:0.##}">{Figure.Percent(one.F1)}</td><td class="n">{Share(one.Precision)}</td><td class="n">{Share(one.Recall)}</td><td class="n">{one.Labels:N0}</td></tr>

            """));
        var table = Table(["class"], ["F1", "precision", "recall", "rows"], rows, evaluation.ByClass.Count > FewClasses ? "tall" : "");
        return HtmlText.Of($"""<figure class="card"><figcaption><h3>Class by class, the hardest first</h3></figcaption>{table}</figure>""");
    }

    private static string Share(double share) => double.IsNaN(share) ? "none" : Figure.Percent(share);

    private static HtmlText Mistakes(ClassEvaluation evaluation)
    {
        if (evaluation.Worst.Count == 0) return HtmlText.Of($"<p>There is no mistake among them.</p>");
        var rows = evaluation.Worst.Select(row => HtmlText.Of($"""
            <tr><td class="text"><bdi>{row.Text}</bdi></td><td data-name="is">{ConfusionChart.Name(evaluation, row.Label)}<small>{Probability(row.Truth)}</small></td><td data-name="taken for">{ConfusionChart.Name(evaluation, row.Predicted)}<small>{Probability(row.Confidence)}</small></td></tr>

            """));
        return HtmlText.Of($"""
            <h3>Mistakes that it was surest of</h3>
            {Table(["text", "true class", "predicted"], [], rows, "rows")}
            <p class="note">Read these first: some are mistakes of the labels.</p>
            """);
    }

    private static string Probability(float? probability) => probability is { } known ? FormattableString.Invariant($"{known * 100:0.#}\u00a0%") : "";

    /// <param name="words">The heads of columns with words, which come first.</param>
    /// <param name="numbers">Those of columns with numbers.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="kind">How it is shown.</param>
    private static HtmlText Table(string[] words, string[] numbers, IEnumerable<HtmlText> rows, string kind = "") => HtmlText.Of($"""
        <div class="scroll {kind}"><table><thead><tr>{words.Select(name => HtmlText.Of($"<th scope=\"col\">{name}</th>"))}{numbers.Select(name => HtmlText.Of($"<th scope=\"col\" class=\"n\">{name}</th>"))}</tr></thead><tbody>
        {rows}</tbody></table></div>
        """);
}
