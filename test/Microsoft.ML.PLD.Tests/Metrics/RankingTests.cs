using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class RankingTests
{
    [TestMethod]
    public void TheAreaIsThatOfScikitLearn()
    {
        foreach (var golden in GoldenMetrics.All.Areas)
            GoldenMetrics.AreEqual(golden.Area, EvaluationMetrics.AreaUnderRocCurve([.. golden.Labels.Select(label => label == 1)], golden.Scores), golden.Name);
        Assert.IsGreaterThanOrEqualTo(10, GoldenMetrics.All.Areas.Length);
    }

    [TestMethod]
    public void ItIsTheShareOfPairsInTheRightOrder() => Gen.Select(Gen.Bool, Gen.Int[-5, 5]).Array[1, 50].Sample(rows =>
    {
        var pairs = from positive in rows where positive.Item1 from negative in rows where !negative.Item1 select Math.Sign(positive.Item2 - negative.Item2);
        var expected = pairs.Select(sign => (sign + 1) / 2.0).DefaultIfEmpty(double.NaN).Average();
        bool[] labels = [.. rows.Select(row => row.Item1)];
        Assert.AreEqual(expected, EvaluationMetrics.AreaUnderRocCurve(labels, [.. rows.Select(row => MathF.Exp(row.Item2))]), GoldenMetrics.Delta);
        Assert.AreEqual(1 - expected, EvaluationMetrics.AreaUnderRocCurve(labels, [.. rows.Select(row => (float)-row.Item2)]), GoldenMetrics.Delta);
    });

    [TestMethod]
    public void WrongInputIsRefused()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => EvaluationMetrics.AreaUnderRocCurve([true], [1, 2])).Message, "labels has 1 values and scores 2; expected as many.");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => EvaluationMetrics.AreaUnderRocCurve([], [])).Message, "labels and scores are empty");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => EvaluationMetrics.AreaUnderRocCurve([true, false], [1, float.NaN])).Message, "scores has a value that is NaN");
    }
}
