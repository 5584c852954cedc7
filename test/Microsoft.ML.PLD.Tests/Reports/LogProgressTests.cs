namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LogProgressTests
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _lines = [];

    [TestMethod]
    public void LinesComeFirstLastAtValidationsAndOnceAnInterval()
    {
        var log = new LogProgress(_lines.Add, TimeSpan.FromSeconds(10), _clock);
        foreach (var stage in new[] { "Pre-training", "Fine-tuning" })
            for (var step = 1; step <= 30; step++)
            {
                log.Report(ProgressTextTests.Example with { Stage = stage, Step = step, TotalSteps = 30, ValidationLoss = step == 5 ? 6.5 : null });
                _clock.Advance(TimeSpan.FromSeconds(1));
            }
        string[] expected = ["1/30", "5/30", "15/30", "25/30", "30/30"];
        CollectionAssert.AreEqual(
            expected.Select(step => $"Pre-training {step}").Concat(expected.Select(step => $"Fine-tuning {step}")).ToArray(),
            _lines.Select(line => line[..line.IndexOf(" (", StringComparison.Ordinal)]).ToArray());
    }

    [TestMethod]
    public void AWriterThatThrowsIsAskedOnce()
    {
        var asked = 0;
        var log = new LogProgress(_ => throw new InvalidOperationException($"closed {++asked}"), TimeSpan.Zero, _clock);
        log.Report(ProgressTextTests.Example);
        log.Report(ProgressTextTests.Example);
        Assert.AreEqual("closed 1", log.Failure!.Message);
        Assert.AreEqual(1, asked);
    }
}
