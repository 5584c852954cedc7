using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ClassMetricsTests
{
    private static readonly Gen<(int Label, int Predicted)[]> Rows = Gen.Select(Gen.Int[-1, 3], Gen.Int[-1, 3]).Array[1, 60];

    [TestMethod]
    public void AllAreThoseOfScikitLearn()
    {
        foreach (var golden in GoldenMetrics.All.Classes)
        {
            GoldenMetrics.AreEqual(golden.Accuracy, EvaluationMetrics.Accuracy(golden.Labels, golden.Predicted), golden.Name);
            GoldenMetrics.AreEqual(golden.F1, EvaluationMetrics.F1(golden.Labels, golden.Predicted, golden.Positive), golden.Name);
            GoldenMetrics.AreEqual(golden.MacroF1, EvaluationMetrics.MacroF1(golden.Labels, golden.Predicted), golden.Name);
            GoldenMetrics.AreEqual(golden.Matthews, EvaluationMetrics.MatthewsCorrelation(golden.Labels, golden.Predicted), golden.Name);
        }
        Assert.IsGreaterThanOrEqualTo(25, GoldenMetrics.All.Classes.Length);
    }

    [TestMethod]
    public void TheOrderOfRowsDoesNotMatter() => Rows.Sample(rows =>
        CollectionAssert.AreEqual(All(rows), All([.. rows.OrderBy(row => row.Predicted * 7 % 5).ThenByDescending(row => row.Label)])));

    [TestMethod]
    public void TheNamesOfClassesDoNotMatterToMatthewsAndAccuracy() => Rows.Sample(rows =>
    {
        var renamed = rows.Select(row => (row.Label * -1000 + 3, row.Predicted * -1000 + 3)).ToArray();
        Assert.AreEqual(All(rows)[0], All(renamed)[0]);
        Assert.AreEqual(All(rows)[3], All(renamed)[3]);
    });

    [TestMethod]
    public void LabelsAndPredictionsMayChangePlaces() => Rows.Sample(rows =>
        CollectionAssert.AreEqual(All(rows), All([.. rows.Select(row => (row.Predicted, row.Label))])));

    [TestMethod]
    public void TheyAreInTheirRanges() => Rows.Sample(rows =>
    {
        var all = All(rows);
        foreach (var share in all[..3]) Assert.IsTrue(share is >= 0 and <= 1);
        Assert.IsTrue(all[3] is >= -1 and <= 1);
        Assert.AreEqual(rows.All(row => row.Label == row.Predicted), all[0] == 1);
    });

    [TestMethod]
    public void SquaresOfManyRowsDoNotOverflow()
    {
        var labels = new int[3_000_000];
        for (var row = 0; row < labels.Length; row += 2) labels[row] = 1;
        Assert.AreEqual(1, EvaluationMetrics.MatthewsCorrelation(labels, labels));
    }

    [TestMethod]
    public void LengthsThatDifferAndNoRowsAreRefused()
    {
        foreach (var metric in new Func<int[], int[], double>[]
        {
            (labels, predicted) => EvaluationMetrics.Accuracy(labels, predicted), (labels, predicted) => EvaluationMetrics.F1(labels, predicted),
            (labels, predicted) => EvaluationMetrics.MacroF1(labels, predicted), (labels, predicted) => EvaluationMetrics.MatthewsCorrelation(labels, predicted),
        })
        {
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => metric([1, 0], [1])).Message, "labels has 2 values and predicted 1; expected as many.");
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => metric([], [])).Message, "labels and predicted are empty");
        }
    }

    private static double[] All((int Label, int Predicted)[] rows)
    {
        int[] labels = [.. rows.Select(row => row.Label)], predicted = [.. rows.Select(row => row.Predicted)];
        return
        [
            EvaluationMetrics.Accuracy(labels, predicted), EvaluationMetrics.F1(labels, predicted), EvaluationMetrics.MacroF1(labels, predicted),
            EvaluationMetrics.MatthewsCorrelation(labels, predicted),
        ];
    }
}
