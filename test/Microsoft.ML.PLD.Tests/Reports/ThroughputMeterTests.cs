using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ThroughputMeterTests
{
    private readonly ManualClock _clock = new();

    [TestMethod]
    public void SpeedAndTimeLeftOfASteadyRun()
    {
        var meter = new ThroughputMeter(totalSteps: 100, clock: _clock);
        for (var step = 1; step <= 25; step++)
        {
            _clock.Advance(TimeSpan.FromSeconds(2));
            var speed = meter.Measure(step, step * 500);
            Assert.AreEqual(250, speed.TokensPerSecond, 1e-9);
            Assert.AreEqual(TimeSpan.FromSeconds(2 * step), speed.Elapsed);
            Assert.AreEqual(2 * (100 - step), speed.Remaining!.Value.TotalSeconds, 1e-6);
        }
    }

    [TestMethod]
    public void SpeedFollowsTheLastTwentyMeasurementsAndTimeLeftTheWholeRun()
    {
        var meter = new ThroughputMeter(totalSteps: 200, clock: _clock);
        long tokens = 0;
        Throughput speed = default;
        for (var step = 1; step <= 100; step++)
        {
            _clock.Advance(TimeSpan.FromSeconds(step <= 50 ? 3 : 1));
            speed = meter.Measure(step, tokens += 600);
            if (step == 60) Assert.AreEqual(20 * 600 / (10 * 1 + 10 * 3.0), speed.TokensPerSecond, 1e-9);
        }
        Assert.AreEqual(600, speed.TokensPerSecond, 1e-9);
        Assert.AreEqual(200, speed.Remaining!.Value.TotalSeconds, 1e-6);
    }

    [TestMethod]
    public void AResumedRunDoesNotCountTheStepsBefore()
    {
        var meter = new ThroughputMeter(totalSteps: 1_000, firstStep: 900, clock: _clock);
        _clock.Advance(TimeSpan.FromSeconds(10));
        var speed = meter.Measure(910, 5_000);
        Assert.AreEqual(500, speed.TokensPerSecond);
        Assert.AreEqual(TimeSpan.FromSeconds(90), speed.Remaining);
    }

    [TestMethod]
    public void NothingIsClaimedBeforeTheFirstStepOrInNoTime()
    {
        var meter = new ThroughputMeter(totalSteps: 10, clock: _clock);
        Assert.AreEqual(new Throughput(TimeSpan.Zero, 0, null), meter.Measure(0, 0));
        Assert.AreEqual(0, meter.Measure(1, 500).TokensPerSecond);
    }

    [TestMethod]
    public void TimeLeftIsNeverNegative() =>
        Gen.Select(Gen.Long[1, 50], Gen.Int[0, 10_000].List[1, 60]).Sample((total, waits) =>
        {
            var clock = new ManualClock();
            var meter = new ThroughputMeter(total, clock: clock);
            return waits.Select((wait, i) =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(wait));
                return meter.Measure(i + 1, i * 10L);
            }).All(speed => speed.Remaining >= TimeSpan.Zero && speed.TokensPerSecond >= 0 && double.IsFinite(speed.TokensPerSecond));
        });
}
