using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ClassificationObjectiveTests
{
    // 3 rows of 4 classes.
    private static readonly float[] Logits = [0.3f, -1.2f, 2.1f, 0, 1, 1, 1, 1, -3, 4, 0.5f, -0.5f];
    private static readonly double[] Right = [2, 0, 3];
    private static readonly float[] Weights = [1, 0.5f, 2];

    [TestMethod]
    [DataRow(0.0, 0.0)]
    [DataRow(0.1, 0.0)]
    [DataRow(0.0, 2.0)]
    [DataRow(0.3, 0.5)]
    public void TheLossIsThatOfItsFormula(double smoothing, double gamma)
    {
        using var scope = torch.NewDisposeScope();
        var expected = 0.0;
        for (var row = 0; row < 3; row++)
        {
            var logits = Logits[(row * 4)..(row * 4 + 4)];
            var total = logits.Sum(logit => Math.Exp(logit));
            double LogOf(int one) => logits[one] - Math.Log(total);
            var entropy = -Enumerable.Range(0, 4).Sum(one => ((one == (int)Right[row] ? 1 - smoothing : 0) + smoothing / 4) * LogOf(one));
            expected += Weights[row] * Math.Pow(1 - Math.Exp(LogOf((int)Right[row])), gamma) * entropy;
        }
        Assert.AreEqual(expected, Loss(Logits, smoothing, gamma), 1e-5);
    }

    [TestMethod]
    public void ItsGradientIsThatOfTorchsCrossEntropyWhereThereIsNothingElse()
    {
        using var scope = torch.NewDisposeScope();
        var (ours, theirs) = (Leaf(), Leaf());
        new ClassificationObjective(4).Loss(ours, Right, [1, 1, 1]).backward();
        torch.nn.functional.cross_entropy(theirs, torch.tensor(new long[] { 2, 0, 3 }), reduction: torch.nn.Reduction.Sum).backward();
        var difference = ours.grad!.data<float>().Zip(theirs.grad!.data<float>(), (a, b) => Math.Abs(a - b)).Max();
        Assert.IsLessThan(1e-6f, difference);

        static torch.Tensor Leaf() => torch.tensor(Logits).view(3, 4).detach().requires_grad_();
    }

    [TestMethod]
    [DataRow(0.5)]
    [DataRow(1.0)]
    [DataRow(2.0)]
    public void GradientsStayFiniteWhereTheAnswerIsCertain(double gamma)
    {
        using var scope = torch.NewDisposeScope();
        var logits = torch.tensor(new float[] { 200, -200, 0, -200, 200, 0 }).view(2, 3).detach().requires_grad_();
        var loss = new ClassificationObjective(3, smoothing: 0.1, gamma).Loss(logits, [0, 0], [1, 1]);
        loss.backward();
        Assert.IsTrue(float.IsFinite(loss.item<float>()));
        Assert.IsTrue(logits.grad!.data<float>().All(float.IsFinite), string.Join(' ', logits.grad!.data<float>()));
    }

    [TestMethod]
    public void HeldOutRowsAreMeasuredByEachMetric()
    {
        float[] outputs = [2, 1, 0, 3, 1, 0, 0, 5]; // predicted 0, 1, 0, 1
        double[] right = [0, 1, 1, 1];
        var objective = new ClassificationObjective(2, smoothing: 0.2, gamma: 1, isBinary: true); // which count in training only
        var loss = -new[] { Log(2, 1), Log(3, 0), Log(0, 1), Log(5, 0) }.Average();
        foreach (var (metric, expected) in new (ValidationMetric, double?)[]
        {
            (ValidationMetric.Loss, null), (ValidationMetric.Accuracy, 0.75), (ValidationMetric.F1, 0.8), (ValidationMetric.MatthewsCorrelation, 1 / Math.Sqrt(3)),
            (ValidationMetric.AreaUnderRocCurve, 2.5 / 3),
        })
        {
            var measured = objective.Measure(outputs, right, metric);
            Assert.AreEqual(loss, measured.Loss, 1e-9);
            Assert.AreEqual(0.75, measured.Accuracy!.Value, 1e-12);
            if (expected is null) Assert.IsNull(measured.Metric);
            else Assert.AreEqual(expected.Value, measured.Metric!.Value, 1e-12, $"{metric}");
        }
        Assert.AreEqual((0.8 + 2 / 3.0) / 2, new ClassificationObjective(2).Measure(outputs, right, ValidationMetric.F1).Metric!.Value, 1e-12, "two classes that are not false and true");
        Assert.IsTrue(double.IsNaN(objective.Measure([0, float.NaN, 1, 0], [0, 1], ValidationMetric.AreaUnderRocCurve).Metric!.Value));
        Assert.IsTrue(double.IsNaN(objective.Measure(outputs[..4], [1, 1], ValidationMetric.AreaUnderRocCurve).Metric!.Value), "of one class there is no such area");

        static double Log(double right, double other) => right - Math.Log(Math.Exp(right) + Math.Exp(other));
    }

    [TestMethod]
    public void ThreeClassesHaveTheMeanOfTheirF1() =>
        Assert.AreEqual((1 + 2 / 3.0 + 0) / 3, new ClassificationObjective(3).Measure([5, 0, 0, 0, 5, 0, 0, 5, 0], [0, 1, 2], ValidationMetric.F1).Metric!.Value, 1e-12);

    [TestMethod]
    public void TheTemperatureBringsBackTheScaleOfTheTruth()
    {
        // Labels drawn from known logits: those three times as large are brought back, those half as large too.
        var random = new Random(1);
        const int rows = 4_000;
        var (logits, right) = (new float[rows * 3], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < 3; i++) logits[row * 3 + i] = (float)(random.NextDouble() * 4 - 2);
            double[] odds = [.. logits[(row * 3)..(row * 3 + 3)].Select(logit => Math.Exp(logit))];
            var at = random.NextDouble() * odds.Sum();
            right[row] = at < odds[0] ? 0 : at < odds[0] + odds[1] ? 1 : 2;
        }
        foreach (var factor in new[] { 1f, 3f, 0.5f })
        {
            var (scale, shift) = new ClassificationObjective(3).Calibrate([.. logits.Select(logit => logit * factor)], right);
            Assert.AreEqual(1 / factor, scale, 0.07 / factor);
            Assert.AreEqual(0, shift);
        }
    }

    [TestMethod]
    public void FewRowsThatAreAllRightDoNotMakeItCertain()
    {
        Assert.AreEqual((1, 0), new ClassificationObjective(2).Calibrate([], []));
        var (scale, _) = new ClassificationObjective(2).Calibrate([1, 0, 0, 1], [0, 1]);
        Assert.IsInRange(1, 3, scale);
    }

    [TestMethod]
    public void CalibrationNeverMakesTheLossWorse() => Gen.Float[-5, 5].Array[30].Select(Gen.Int[0, 2].Array[10]).Sample((outputs, classes) =>
    {
        var objective = new ClassificationObjective(3);
        double[] right = [.. classes.Select(one => (double)one)];
        var (scale, _) = objective.Calibrate(outputs, right);
        var before = objective.Measure(outputs, right, ValidationMetric.Loss).Loss;
        Assert.IsLessThanOrEqualTo(before + 1e-6, objective.Measure([.. outputs.Select(output => (float)(scale * output))], right, ValidationMetric.Loss).Loss);
    }, iter: 200);

    private static double Loss(float[] logits, double smoothing, double gamma) =>
        new ClassificationObjective(4, smoothing, gamma).Loss(torch.tensor(logits).view(3, 4), Right, Weights).item<float>();
}
