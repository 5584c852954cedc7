namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueScoreTests
{
    private static readonly (string Task, GlueMetric Metric, GlueSplit Split)[] Columns =
    [
        ("RTE", GlueMetric.Accuracy, GlueSplit.Dev), ("MRPC", GlueMetric.F1, GlueSplit.Dev), ("MRPC", GlueMetric.Accuracy, GlueSplit.Dev),
        ("STS-B", GlueMetric.Pearson, GlueSplit.Dev), ("STS-B", GlueMetric.Spearman, GlueSplit.Dev), ("CoLA", GlueMetric.Matthews, GlueSplit.Dev),
        ("SST-2", GlueMetric.Accuracy, GlueSplit.Dev), ("QNLI", GlueMetric.Accuracy, GlueSplit.Dev), ("QQP", GlueMetric.F1, GlueSplit.Dev),
        ("QQP", GlueMetric.Accuracy, GlueSplit.Dev), ("MNLI", GlueMetric.Accuracy, GlueSplit.Dev), ("MNLI", GlueMetric.Accuracy, GlueSplit.DevMismatched),
    ];

    // The rows of the paper's table, the average that it prints, and the means of the rows, computed apart. The print is no usual mean of its rows: the nearest is the geometric.
    [TestMethod]
    [DataRow("BERT-base, published", new[] { 66.4, 88.9, 84.8, 87.1, 89.2, 52.1, 93.5, 90.5, 71.2, 89.2, 84.6, 83.4 }, 80.7, 80.747, 80.213)]
    [DataRow("PostLN", new[] { 67.8, 88.0, 86.0, 89.5, 89.2, 52.5, 91.2, 87.1, 89.0, 90.6, 82.5, 83.4 }, 82.1, 82.172, 80.963)]
    [DataRow("PLD", new[] { 69.3, 86.6, 84.3, 90.0, 89.6, 55.8, 91.6, 90.7, 89.6, 91.2, 84.1, 83.8 }, 82.9, 83.130, 82.125)]
    public void AveragesAreThoseOfThePapersRows(string name, double[] row, double printed, double geometric, double mean)
    {
        var results = Row(row);
        Assert.AreEqual(geometric, GlueScore.GeometricMean(results).Value, 6e-4, name);
        Assert.AreEqual(mean, GlueScore.TaskMean(results).Value, 6e-4, name);
        Assert.AreEqual(printed, GlueScore.GeometricMean(results).Value, 0.25, name);
        Assert.AreEqual((12, 12, true), Coverage(GlueScore.GeometricMean(results)));
        Assert.AreEqual((12, 12, true), Coverage(GlueScore.TaskMean(results)));
        Assert.AreEqual((11, 12, false), Coverage(GlueScore.TaskMean(results[..11])));
        Assert.AreEqual(GlueScore.GeometricMean(results).Value / 100, GlueScore.GeometricMean(Row([.. row.Select(value => value / 100)])).Value, 1e-12);
    }

    [TestMethod]
    public void WhatIsMissingIsCounted()
    {
        GlueResult[] some = [Result("MRPC", GlueMetric.F1, 90), Result("MRPC", GlueMetric.Accuracy, 80), Result("RTE", GlueMetric.Accuracy, 60)];
        Assert.AreEqual((3, 12, false), Coverage(GlueScore.GeometricMean(some)));
        Assert.AreEqual(Math.Cbrt(90 * 80 * 60), GlueScore.GeometricMean(some).Value, 1e-9);
        Assert.AreEqual(new GlueAverage(72.5, 3, 12), GlueScore.TaskMean(some));
    }

    [TestMethod]
    public void WnliCountsInTheMeanWhereItIsAndAxNever()
    {
        var ax = new GlueResult(GlueTasks.ByName("AX"), GlueSplit.Test, GlueMetric.Matthews, 30);
        GlueResult[] results = [Result("WNLI", GlueMetric.Accuracy, 56), ax, Result("RTE", GlueMetric.Accuracy, 60)];
        Assert.AreEqual(new GlueAverage(58, 2, 13), GlueScore.TaskMean(results));
        Assert.AreEqual((1, 12, false), Coverage(GlueScore.GeometricMean(results)));
        Assert.ThrowsExactly<ArgumentException>(() => GlueScore.TaskMean([ax]));
        Assert.ThrowsExactly<ArgumentException>(() => GlueScore.GeometricMean([Result("WNLI", GlueMetric.Accuracy, 56)]));
        Assert.ThrowsExactly<ArgumentException>(() => GlueScore.TaskMean([]));
    }

    [TestMethod]
    public void ZeroAndNegativeNumbersHaveTheirGeometricMean()
    {
        Assert.AreEqual(0, GlueScore.GeometricMean([Result("CoLA", GlueMetric.Matthews, 0), Result("RTE", GlueMetric.Accuracy, 50)]).Value);
        Assert.AreEqual(double.NaN, GlueScore.GeometricMean([Result("CoLA", GlueMetric.Matthews, -1), Result("RTE", GlueMetric.Accuracy, 50)]).Value);
    }

    [TestMethod]
    public void WrongResultsAreRefused()
    {
        var rte = Result("RTE", GlueMetric.Accuracy, 60);
        Refused("have RTE Acc (Dev) twice", rte, rte);
        Refused("A result of RTE is F1; expected Acc.", Result("RTE", GlueMetric.F1, 60));
        Refused("training set", rte with { Split = GlueSplit.Train });
        Refused("has no split DevMismatched", rte with { Split = GlueSplit.DevMismatched });
        Refused("partly of development sets and partly of test sets", rte, Result("QNLI", GlueMetric.Accuracy, 60) with { Split = GlueSplit.Test });
    }

    private static void Refused(string part, params GlueResult[] results)
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => GlueScore.TaskMean(results)).Message, part);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => GlueScore.GeometricMean(results)).Message, part);
    }

    private static GlueResult[] Row(double[] values) =>
        [.. Columns.Zip(values, (column, value) => new GlueResult(GlueTasks.ByName(column.Task), column.Split, column.Metric, value))];

    private static GlueResult Result(string task, GlueMetric metric, double value) => new(GlueTasks.ByName(task), GlueSplit.Dev, metric, value);

    private static (int, int, bool) Coverage(GlueAverage average) => (average.Count, average.Whole, average.IsWhole);
}
