namespace Microsoft.ML.PLD;

/// <summary>The curves of a stage.</summary>
internal static class StageSection
{
    /// <param name="stage">The stage.</param>
    /// <param name="id">Of the section.</param>
    /// <param name="isAlone">Whether the page has no other: then all curves are open.</param>
    public static HtmlText Of(StageHistory stage, string id, bool isAlone) => HtmlText.Of($"""
        <section id="{id}"><h2>{stage.Title}</h2><p class="lead">{Sentence(stage)}</p>
        <div class="cards">
        {Charts(stage)}</div>
        <details class="plain"{(isAlone ? new HtmlText(" open=\"open\"") : HtmlText.Empty)}><summary>Throughput, gradients, memory</summary><div class="cards">
        {MoreCharts(stage)}</div></details></section>

        """);

    private static string Sentence(StageHistory stage)
    {
        var parts = new List<string>
        {
            FormattableString.Invariant($"{stage.Step:N0}{(stage.Step < stage.TotalSteps ? FormattableString.Invariant($" of {stage.TotalSteps:N0}") : "")} steps in {ProgressText.Duration(TimeSpan.FromSeconds(stage.Seconds))}"),
        };
        if (stage.Run.ParameterCount > 0) parts.Add(FormattableString.Invariant($"{Figure.Short(stage.Run.ParameterCount)} weights in {stage.Blocks} blocks"));
        if (stage.DropsBlocks && stage.BlockWork is { } work) parts.Add($"{Figure.Percent(work)} of the block work of dense training");
        if (stage.Resumed.Count > 0) parts.Add($"resumed {stage.Resumed.Count switch { 1 => "once", 2 => "twice", var often => FormattableString.Invariant($"{often} times") }} (dashed lines)");
        return $"{string.Join(" · ", parts)}.";
    }

    private static IEnumerable<HtmlText> Charts(StageHistory stage)
    {
        LineChart Chart(string title, string format, params LineSeries[] series) => ChartOf(stage, title, format, series);
        LineSeries Series(string name, Measure measure, int colour, LineLook look = LineLook.Dotted) => new(name, stage.Of(measure), colour, look);

        // In regression, the two losses have different units.
        var isSameUnit = stage.Of(Measure.ValidationLoss).Count == 0 || stage.Of(Measure.ValidationAccuracy).Count > 0;
        yield return Chart("Loss", "F3", [Series("training", Measure.Loss, 1, LineLook.Noisy), .. isSameUnit ? [Series("validation", Measure.ValidationLoss, 2)] : Array.Empty<LineSeries>()]).Draw();
        if (!isSameUnit) yield return (Chart("Validation loss", "G4", Series("validation", Measure.ValidationLoss, 2)) with { Floor = 0, Note = "Mean squared error, in the label's unit." }).Draw();
        var accuracy = stage.IsPretraining ? "masked words right" : "rows right";
        yield return Chart("Held-out text", "share", Series(accuracy, Measure.ValidationAccuracy, 2), Series("next sentence right", Measure.NextSentenceAccuracy, 3)).Draw();
        if (!stage.Of(Measure.ValidationMetric).SequenceEqual(stage.Of(Measure.ValidationAccuracy)))
            yield return Chart("Validation metric", "F4", Series(stage.Run.Options.GetValueOrDefault("ValidationMetric", "metric"), Measure.ValidationMetric, 2)).Draw();
        if (stage.DropsBlocks)
        {
            yield return (Chart("Theta, the share of blocks to keep", "F3", Series("theta", Measure.Theta, 3, LineLook.Plain)) with { Floor = 0, Ceiling = 1 }).Draw();
            yield return (Chart("Blocks run in a step", "0.#", Series($"of {stage.Blocks}", Measure.BlocksRun, 3, LineLook.Noisy)) with { Floor = 0, Ceiling = stage.Of(Measure.BlocksRun).Select(point => point.Highest).Append(stage.Blocks).Max() }).Draw();
            yield return HeatMap.Of(stage.KeepProbabilities);
        }
        yield return One(stage, "Learning rate", "0.##e-0", new("rate", stage.Of(Measure.LearningRate), 4));
    }

    private static IEnumerable<HtmlText> MoreCharts(StageHistory stage) =>
    [
        One(stage, "Throughput", "N0", new("tokens a second", stage.Of(Measure.TokensPerSecond), 5)),
        One(stage, "Gradient norm", "G3", new("before clipping", stage.Of(Measure.GradientNorm), 4, LineLook.Noisy)),
        One(stage, "Memory of the process", "bytes", new("resident", stage.Of(Measure.Memory), 5)),
    ];

    private static HtmlText One(StageHistory stage, string title, string format, LineSeries series) => (ChartOf(stage, title, format, series) with { Floor = 0 }).Draw();

    private static LineChart ChartOf(StageHistory stage, string title, string format, params LineSeries[] series) => new(title, format, series) { Marks = stage.Resumed, LastStep = stage.Step };
}
