using Conversion;
using Glue;
using Microsoft.ML.PLD;
using Spectre.Console;

namespace Cli;

/// <summary>How good a model's answers are on labelled rows.</summary>
internal sealed record Evaluation
{
    private const double LeastProbability = 1e-15; // a surely wrong answer costs 34.5 nats, and not infinitely many

    public required string Task { get; init; }

    public required int Rows { get; init; }

    /// <summary>Rows of labels that the model has never seen: wrong in any case.</summary>
    public int UnknownLabels { get; init; }

    /// <summary>By names like <c>macro_f1</c>; shares from 0 to 1, losses in nats, errors in the label's unit.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Of a classifier of several classes: each of them.</summary>
    public IReadOnlyList<ClassScore>? Classes { get; init; }

    /// <param name="Name">The class.</param>
    /// <param name="Rows">So many have it as their label.</param>
    /// <param name="Precision">Share of its predictions that are right.</param>
    /// <param name="Recall">Share of its rows that are found.</param>
    public sealed record ClassScore(string Name, int Rows, double Precision, double Recall);

    /// <exception cref="UsageException">The labels are not of the model's kind.</exception>
    public static Evaluation Of(Answers model, LabelledRows rows, CancellationToken stop)
    {
        Answer[] answers = [.. model.Of(rows.Rows, row => new TextRow { First = row.First, Second = row.Second }, stop).Select(one => one.Answer)];
        return model.Kind switch
        {
            TaskKind.Classes => OfClasses(model.Classes, rows, answers),
            TaskKind.Binary => OfTruths(rows.Truths(), answers),
            _ => OfNumbers(rows.Numbers(), answers),
        };
    }

    public void Show(IAnsiConsole console)
    {
        var table = new Spectre.Console.Table().AddColumns("metric", "value");
        foreach (var (name, value) in Metrics) table.AddRow(name.Replace('_', ' '), FormattableString.Invariant($"{value:F4}"));
        console.Write(table);
        if (Classes is not { Count: > 0 and <= 30 }) return;
        var classes = new Spectre.Console.Table().AddColumns("class", "rows", "precision", "recall");
        foreach (var one in Classes) classes.AddRow(Markup.Escape(one.Name), $"{one.Rows}", FormattableString.Invariant($"{one.Precision:F3}"), FormattableString.Invariant($"{one.Recall:F3}"));
        console.Write(classes);
    }

    private static Evaluation OfClasses(IReadOnlyList<string> classes, LabelledRows rows, Answer[] answers)
    {
        var number = classes.Select((name, i) => (name, i)).ToDictionary(one => one.name, one => one.i);
        int[] labels = [.. rows.Rows.Select(row => number.GetValueOrDefault(row.Label, -1))];
        if (labels.All(label => label < 0)) throw new UsageException($"{rows.LabelColumn} has none of the model's classes, but '{rows.Rows[0].Label}' and the like; expected {Settings.Expected(classes.Take(20))}{(classes.Count > 20 ? ", ..." : "")}.");
        int[] predicted = [.. answers.Select(answer => number[answer.Label])];
        double[] losses = [.. labels.Zip(answers).Where(one => one.First >= 0).Select(one => Loss(one.Second.Scores[one.First]))];
        return new Evaluation
        {
            Task = "classes", Rows = labels.Length, UnknownLabels = labels.Count(label => label < 0),
            Metrics = new Dictionary<string, double>
            {
                ["accuracy"] = EvaluationMetrics.Accuracy(labels, predicted), ["macro_f1"] = EvaluationMetrics.MacroF1(labels, predicted),
                ["matthews_correlation"] = EvaluationMetrics.MatthewsCorrelation(labels, predicted), ["log_loss"] = losses.Average(),
            },
            Classes = [.. classes.Select((name, i) => Score(name, i, labels, predicted)).Where(one => one.Rows > 0 || one.Precision > 0 || predicted.Contains(number[one.Name]))],
        };
    }

    private static ClassScore Score(string name, int index, int[] labels, int[] predicted)
    {
        var (rows, found) = (labels.Count(label => label == index), predicted.Count(label => label == index));
        var right = labels.Zip(predicted).Count(one => one.First == index && one.Second == index);
        return new ClassScore(name, rows, found == 0 ? 0 : (double)right / found, rows == 0 ? 0 : (double)right / rows);
    }

    private static Evaluation OfTruths(bool[] truths, Answer[] answers)
    {
        int[] labels = [.. truths.Select(truth => truth ? 1 : 0)], predicted = [.. answers.Select(answer => answer.Label == "true" ? 1 : 0)];
        return new Evaluation
        {
            Task = "binary", Rows = labels.Length,
            Metrics = new Dictionary<string, double>
            {
                ["accuracy"] = EvaluationMetrics.Accuracy(labels, predicted), ["f1"] = EvaluationMetrics.F1(labels, predicted), ["matthews_correlation"] = EvaluationMetrics.MatthewsCorrelation(labels, predicted),
                ["area_under_roc_curve"] = truths.Distinct().Count() < 2 ? double.NaN : EvaluationMetrics.AreaUnderRocCurve(truths, [.. answers.Select(answer => (float)answer.Scores[0])]),
                ["log_loss"] = truths.Zip(answers).Average(one => Loss(one.First ? one.Second.Scores[0] : 1 - one.Second.Scores[0])),
            },
        };
    }

    private static Evaluation OfNumbers(float[] numbers, Answer[] answers)
    {
        float[] predicted = [.. answers.Select(answer => (float)answer.Scores[0])];
        double[] errors = [.. numbers.Zip(predicted).Select(one => (double)one.Second - one.First)];
        var varies = numbers.Distinct().Count() > 1 && predicted.Distinct().Count() > 1;
        return new Evaluation
        {
            Task = "number", Rows = numbers.Length,
            Metrics = new Dictionary<string, double>
            {
                ["pearson_correlation"] = varies ? EvaluationMetrics.PearsonCorrelation(numbers, predicted) : double.NaN, ["spearman_correlation"] = varies ? EvaluationMetrics.SpearmanCorrelation(numbers, predicted) : double.NaN,
                ["root_mean_squared_error"] = Math.Sqrt(errors.Average(error => error * error)), ["mean_absolute_error"] = errors.Average(Math.Abs),
            },
        };
    }

    private static double Loss(double probability) => -Math.Log(Math.Max(probability, LeastProbability));
}
