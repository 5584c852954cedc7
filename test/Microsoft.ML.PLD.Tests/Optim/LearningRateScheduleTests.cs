using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LearningRateScheduleTests
{
    private static readonly Gen<LearningRateSchedule> Schedules =
        Gen.Select(Gen.Double[1e-6, 1], Gen.Double[0, 1], Gen.Enum<LearningRateShape>())
            .Select((peak, warmup, shape) => new LearningRateSchedule { Peak = peak, WarmupShare = warmup, Shape = shape });

    [TestMethod]
    [DataRow(LearningRateShape.Linear, 0, .25)]
    [DataRow(LearningRateShape.Linear, 3, 1)]
    [DataRow(LearningRateShape.Linear, 4, 1)]
    [DataRow(LearningRateShape.Linear, 12, .5)]
    [DataRow(LearningRateShape.Linear, 19, 1 / 16d)]
    [DataRow(LearningRateShape.Linear, 25, 1 / 16d)]
    [DataRow(LearningRateShape.Cosine, 1, .5)]
    [DataRow(LearningRateShape.Cosine, 4, 1)]
    [DataRow(LearningRateShape.Cosine, 8, .85355339)]
    [DataRow(LearningRateShape.Cosine, 12, .5)]
    [DataRow(LearningRateShape.Cosine, 19, .00960736)]
    [DataRow(LearningRateShape.Constant, 0, .25)]
    [DataRow(LearningRateShape.Constant, 19, 1)]
    [DataRow(LearningRateShape.Exponential, 3, 1)]
    [DataRow(LearningRateShape.Exponential, 14, .99989950)]
    public void ValuesOfTwentyStepsWithFourOfWarmup(LearningRateShape shape, int step, double expected) =>
        Assert.AreEqual(2 * expected, new LearningRateSchedule { Peak = 2, WarmupShare = .2, Shape = shape }.At(step, 20), 1e-7);

    [TestMethod]
    public void ThePapersScheduleWarmsUpForTwoPercentAndLosesOnePercentEveryThousandSteps()
    {
        var paper = new LearningRateSchedule { Shape = LearningRateShape.Exponential };
        Assert.AreEqual(1e-3, paper.At(3_999, 200_000), 1e-12);
        Assert.AreEqual(.99e-3, paper.At(5_000, 200_000), 1e-12);
        Assert.AreEqual(1e-3 * Math.Pow(.99, 195), paper.At(199_000, 200_000), 1e-12);
    }

    [TestMethod]
    public void RatesAreAboveZeroAndAtMostThePeak() =>
        Gen.Select(Schedules, Gen.Long[0, 2_000], Gen.Long[1, 1_000]).Sample((schedule, step, total) =>
            schedule.At(step, total) > 0 && schedule.At(step, total) <= schedule.Peak);

    [TestMethod]
    public void RatesRiseDuringWarmupAndNeverAfterwards() =>
        Gen.Select(Schedules, Gen.Long[1, 500]).Sample((schedule, total) =>
        {
            var rates = Enumerable.Range(0, (int)total).Select(step => schedule.At(step, total)).ToArray();
            var warmup = (int)Math.Round(schedule.WarmupShare * total, MidpointRounding.AwayFromZero);
            return Enumerable.Range(1, rates.Length - 1).All(i => i < warmup ? rates[i] > rates[i - 1] : rates[i] <= rates[i - 1])
                && rates.Max() == schedule.Peak;
        });

    [TestMethod]
    [DataRow(LearningRateShape.Linear)]
    [DataRow(LearningRateShape.Cosine)]
    public void LinearAndCosineEndNearZero(LearningRateShape shape) =>
        Gen.Long[200, 100_000].Sample(total =>
            new LearningRateSchedule { Peak = 1, Shape = shape }.At(total - 1, total) is var last && last > 0 && last <= 1.1 / (.98 * total));

    [TestMethod]
    public void ProblemsNameTheOption()
    {
        var problems = new LearningRateSchedule { Peak = 0, WarmupShare = 1.5, Shape = (LearningRateShape)7 }.Problems().ToArray();
        Assert.HasCount(3, problems);
        StringAssert.StartsWith(problems[0], "Peak is 0");
        StringAssert.StartsWith(problems[1], "WarmupShare is");
        StringAssert.StartsWith(problems[2], "Shape is 7");
        Assert.IsEmpty(new LearningRateSchedule().Problems());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LearningRateSchedule().At(-1, 10));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new LearningRateSchedule().At(0, 0));
    }
}
