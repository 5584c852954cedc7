namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class EvaluationTests
{
    [TestMethod]
    public void FiguresOfClassesAreThoseComputedByHand()
    {
        var evaluation = new ClassEvaluation("Test", ["a", "b", "c"]);
        foreach (var (label, predicted, confidence, truth) in new[] { (0, 0, 0.9f, 0.9f), (0, 1, 0.6f, 0.3f), (1, 1, 0.5f, 0.5f), (1, 1, 0.8f, 0.8f), (2, 1, 0.7f, 0.1f) })
            evaluation.Add(label, predicted, (confidence, truth), () => $"{label} as {predicted}");

        Assert.AreEqual((5, 3, 0.6), (evaluation.Rows, evaluation.Right, evaluation.Accuracy));
        Assert.AreEqual(-(Math.Log(0.9) + Math.Log(0.3) + Math.Log(0.5) + Math.Log(0.8) + Math.Log(0.1)) / 5, evaluation.LogLoss!.Value, 1e-6);
        Assert.AreEqual(evaluation.Rows, evaluation.Confusion.Values.Sum());
        Assert.AreEqual(1, evaluation.Confusion[(2, 1)]);
        var b = evaluation.ByClass[1];
        Assert.AreEqual((2, 4, 0.5, 1.0, 2.0 / 3), (b.Labels, b.Predicted, b.Precision, b.Recall, b.F1));
        Assert.AreEqual((2.0 / 3 + 2.0 / 3 + 0) / 3, evaluation.MacroF1, 1e-9);
        CollectionAssert.AreEqual(new[] { "2 as 1", "0 as 1" }, evaluation.Worst.Select(row => row.Text).ToArray()); // surest of the wrong answer first
        Assert.IsNull(evaluation.AreaUnderRocCurve);
    }

    [TestMethod]
    public void ATruthValueHasACurve()
    {
        var evaluation = new ClassEvaluation("Test", ["false", "true"], positive: 1);
        foreach (var (label, ofTrue) in new[] { (1, 0.9f), (0, 0.6f), (1, 0.4f), (0, 0.1f) })
            evaluation.Add(label, ofTrue > 0.5f ? 1 : 0, (Math.Max(ofTrue, 1 - ofTrue), label == 1 ? ofTrue : 1 - ofTrue), () => "");
        Assert.AreEqual(0.75, evaluation.AreaUnderRocCurve);
    }

    [TestMethod]
    public void WithoutProbabilitiesNothingIsSaidOfThem()
    {
        var evaluation = new ClassEvaluation("Test", ["a", "b"]);
        evaluation.Add(0, 0, (0.7f, 0.7f), () => "");
        evaluation.Add(1, 0, null, () => "");
        Assert.IsNull(evaluation.LogLoss);
        Assert.IsNull(evaluation.Reliability);
    }

    [TestMethod]
    public void OnlyTheWorstRowsAreKept()
    {
        var evaluation = new NumberEvaluation("Test");
        for (var row = 0; row < 1_000; row++)
        {
            var off = row * 37 % 1_000;
            evaluation.Add(0, off, () => $"row {off}");
        }
        CollectionAssert.AreEqual(Enumerable.Range(0, Evaluation.MostRowsShown).Select(rank => $"row {999 - rank}").ToArray(), evaluation.Worst.Select(row => row.Text).ToArray());
    }

    [TestMethod]
    public void FiguresOfNumbersAreThoseComputedByHand()
    {
        var evaluation = new NumberEvaluation("Test");
        foreach (var (label, predicted) in new[] { (1f, 1f), (2f, 3f), (3f, 3f), (4f, 2f) }) evaluation.Add(label, predicted, () => "");
        Assert.AreEqual(0.75, evaluation.MeanAbsoluteError);
        Assert.AreEqual(Math.Sqrt(1.25), evaluation.RootMeanSquaredError, 1e-9);
        Assert.AreEqual(0, evaluation.RSquared, 1e-9); // 1 - 5/5
        CollectionAssert.AreEqual(new[] { 0.0, 1, 0, -2 }, evaluation.Residuals.ToArray());
    }
}
