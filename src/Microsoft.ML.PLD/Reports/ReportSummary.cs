namespace Microsoft.ML.PLD;

/// <summary>What came out: a sentence and a few figures.</summary>
/// <param name="Sentence">For somebody who reads nothing else.</param>
/// <param name="Figures">At most four.</param>
internal sealed record ReportSummary(string Sentence, IReadOnlyList<(string Name, string Value, string Note)> Figures)
{
    public static ReportSummary Of(ReportContent content)
    {
        var seconds = content.Stages.Sum(stage => stage.Seconds);
        var time = (Name: "Training time", Value: ProgressText.Duration(TimeSpan.FromSeconds(seconds)), Note: Counted(content.Stages.Sum(stage => stage.Step), "step"));
        return content.Evaluations switch
        {
            [ClassEvaluation classes, ..] => Of(classes, content.Stages.Count > 0 ? [time] : []),
            [NumberEvaluation numbers, ..] => Of(numbers, content.Stages.Count > 0 ? [time] : []),
            _ => content.Stages is [.., var last] ? Of(last, time) : new("Nothing has been trained or measured yet.", []),
        };
    }

    private static ReportSummary Of(ClassEvaluation evaluation, IEnumerable<(string, string, string)> time)
    {
        List<(string, string, string)> figures = [("Accuracy", Figure.Percent(evaluation.Accuracy), Counted(evaluation.Rows, "row"))];
        if (evaluation.AreaUnderRocCurve is { } area) figures.Add(("Area under the ROC curve", FormattableString.Invariant($"{area:F3}"), "0.5 is chance, 1 is best"));
        else figures.Add(("Macro F1", Figure.Percent(evaluation.MacroF1), "all classes count the same"));
        if (evaluation.Reliability is { } reliability) figures.Add(("Calibration error", Figure.Percent(reliability.ExpectedCalibrationError), "of its probabilities, on average"));
        return new(
            FormattableString.Invariant($"The model is right on {evaluation.Right:N0} of {Counted(evaluation.Rows, "text")}{(evaluation.ByClass.Count > 2 ? FormattableString.Invariant($" in {evaluation.ByClass.Count} classes") : "")}{Of(evaluation)}."), [.. figures, .. time]);
    }

    private static ReportSummary Of(NumberEvaluation evaluation, IEnumerable<(string, string, string)> time)
    {
        var explained = double.IsNaN(evaluation.RSquared) ? "" : FormattableString.Invariant($", and explains {Math.Max(0, evaluation.RSquared) * 100:F0} % of what they differ by");
        return new(
            FormattableString.Invariant($"The model is {evaluation.MeanAbsoluteError:G3} off on average, over {Counted(evaluation.Rows, "text")}{Of(evaluation)}{explained}."),
            [
                ("R squared", FormattableString.Invariant($"{evaluation.RSquared:F3}"), "1 is best"), ("Mean absolute error", FormattableString.Invariant($"{evaluation.MeanAbsoluteError:G3}"), "in the label's unit"),
                ("Correlation", FormattableString.Invariant($"{evaluation.Pearson:F3}"), "Pearson's"), .. time,
            ]);
    }

    private static ReportSummary Of(StageHistory stage, (string, string, string) time)
    {
        List<(string, string, string)> figures = [];
        var (first, last) = (stage.Of(Measure.Loss).FirstOrDefault().Mean, Recent(stage));
        if (stage.LastOf(Measure.ValidationAccuracy) is { } accuracy)
            figures.Add((stage.IsPretraining ? "Masked words right" : "Validation accuracy", Figure.Percent(accuracy), "on held-out text"));
        if (stage.LastOf(Measure.ValidationLoss) is { } validation) figures.Add(("Validation loss", FormattableString.Invariant($"{validation:F3}"), "on held-out text"));
        else figures.Add(("Training loss", FormattableString.Invariant($"{last:F3}"), FormattableString.Invariant($"it began at {first:F2}")));
        if (stage.DropsBlocks && stage.BlockWork is { } work) figures.Add(("Work in blocks", Figure.Percent(work), "of training without layer dropping"));
        else if (stage.LastOf(Measure.TokensPerSecond) is { } speed) figures.Add(("Speed", $"{Figure.Short(speed)}", "tokens a second"));
        figures.Add(time);

        var done = stage.Step < stage.TotalSteps ? FormattableString.Invariant($"After {stage.Step:N0} of {stage.TotalSteps:N0} steps") : FormattableString.Invariant($"After {Counted(stage.Step, "step")}");
        var sentence = stage is { IsPretraining: true } && stage.Of(Measure.ValidationAccuracy) is { Count: > 0 } masked
            ? $"{done} of pre-training the model guesses {Figure.Percent(masked[^1].Last)} of the masked words in text that it has not seen{(masked.Count > 1 ? $"; it began at {Figure.Percent(masked[0].Mean)}" : "")}."
            : FormattableString.Invariant($"{done} of {stage.Name.ToLowerInvariant()} the training loss is {last:F3}; it began at {first:F3}.");
        return new(sentence, figures);
    }

    // Which rows they are is what the evaluation is called, unless it has no name of its own.
    private static string Of(Evaluation evaluation) => evaluation.Title == Evaluation.DefaultTitle ? "" : $" ({evaluation.Title})";

    // One step has its own chance; the mean of the last twentieth of the curve has little.
    private static double Recent(StageHistory stage)
    {
        var points = stage.Of(Measure.Loss);
        return points.Count == 0 ? double.NaN : points.Skip(points.Count - Math.Max(1, points.Count / 20)).Average(point => point.Mean);
    }

    private static string Counted(long count, string noun) => FormattableString.Invariant($"{count:N0} {noun}{(count == 1 ? "" : "s")}");
}
