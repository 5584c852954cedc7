namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CombinedProgressTests
{
    [TestMethod]
    public void EachSinkGetsEachReportInOrder()
    {
        var heard = new List<string>();
        var combined = new CombinedProgress([new Sink(r => heard.Add($"a{r.Step}")), null, new Sink(r => heard.Add($"b{r.Step}"))]);
        combined.Report(ProgressTextTests.Example with { Step = 1 });
        combined.Report(ProgressTextTests.Example with { Step = 2 });
        CollectionAssert.AreEqual(new[] { "a1", "b1", "a2", "b2" }, heard);
    }

    [TestMethod]
    public void ASinkThatThrowsIsLeftOutAndSaidOnce()
    {
        List<long> heard = [], tried = [];
        List<string> warnings = [];
        var combined = new CombinedProgress(
            [
                new Sink(r =>
                {
                    tried.Add(r.Step);
                    throw new IOException("disk full");
                }),
                new Sink(r => heard.Add(r.Step)),
            ], warnings.Add);
        for (var step = 1; step <= 3; step++) combined.Report(ProgressTextTests.Example with { Step = step });
        CollectionAssert.AreEqual(new[] { 1L, 2, 3 }, heard);
        CollectionAssert.AreEqual(new[] { 1L }, tried);
        CollectionAssert.AreEqual(new[] { "Sink failed at step 1 of Pre-training and gets no more reports: disk full" }, warnings);
    }

    private sealed class Sink(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
