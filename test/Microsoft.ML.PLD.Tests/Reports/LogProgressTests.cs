namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LogProgressTests
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _lines = [];

    [TestMethod]
    public void LinesComeFirstLastAtValidationsAndOnceAnInterval()
    {
        var log = new LogProgress(_lines.Add, interval: TimeSpan.FromSeconds(10), clock: _clock);
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
    public void WarningsGoToAWriterOfTheirOwnOrAreLinesLikeOthers()
    {
        var warnings = new List<string>();
        var report = ProgressTextTests.Example with { Notices = ["A notice.", "A warning."], Warnings = ["A warning."] };
        foreach (var log in new[] { new LogProgress(_lines.Add, warnings.Add), new LogProgress(_lines.Add) })
        {
            var combined = new CombinedProgress([log]);
            combined.Warn("Pre-training", "Early.");
            combined.Notify("Pre-training", "Told.");
            combined.Report(report);
        }
        CollectionAssert.AreEqual(new[] { "Pre-training: Early.", "Pre-training 120: A warning." }, warnings);
        string line = ProgressText.Line(report);
        CollectionAssert.AreEqual(
            new[] { "Pre-training: Told.", "Pre-training 120: A notice.", line, "Pre-training: Early.", "Pre-training: Told.", "Pre-training 120: A notice.", "Pre-training 120: A warning.", line }, _lines);
    }

    [TestMethod]
    public void ASinkThatDoesNotTellWarningsFromNoticesIsGivenThemAsNotices()
    {
        INoticeSink sink = new Notices(_lines);
        sink.Warn("Pre-training", "Early.");
        CollectionAssert.AreEqual(new[] { "Early." }, _lines);
    }

    private sealed class Notices(List<string> lines) : INoticeSink
    {
        public void Notify(string stage, string notice) => lines.Add(notice);
    }

    [TestMethod]
    public void AWriterThatThrowsIsAskedOnce()
    {
        var asked = 0;
        var log = new LogProgress(_ => throw new InvalidOperationException($"closed {++asked}"), interval: TimeSpan.Zero, clock: _clock);
        log.Report(ProgressTextTests.Example);
        log.Report(ProgressTextTests.Example);
        Assert.AreEqual("closed 1", log.Failure!.Message);
        Assert.AreEqual(1, asked);
    }
}
