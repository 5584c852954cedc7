using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, DoNotParallelize] // sets libtorch's threads
public sealed class ScoringWorkersTests
{
    [TestMethod]
    public void EachBatchIsScoredOnceWhoeverElseIsScoring() => WithThreads(2, () => Parallel.For(0, 4, _ =>
    {
        var times = new int[50];
        ScoringWorkers.ForEach(50, torch.CPU, batch => Interlocked.Increment(ref times[batch]));
        Assert.IsTrue(times.All(count => count == 1));
    }));

    [TestMethod]
    public void BatchesAreScoredSideBySide() => WithThreads(2, () =>
    {
        using var both = new Barrier(2); // one after the other would wait for ever
        ScoringWorkers.ForEach(2, torch.CPU, _ => Assert.IsTrue(both.SignalAndWait(TimeSpan.FromSeconds(20))));
    });

    [TestMethod]
    public void AFailureReachesTheCallerAndTheWorkersGoOn() => WithThreads(2, () =>
    {
        Assert.ThrowsExactly<FormatException>(() => ScoringWorkers.ForEach(3, torch.CPU, batch => throw new FormatException()));
        var scored = 0;
        ScoringWorkers.ForEach(3, torch.CPU, _ => Interlocked.Increment(ref scored));
        Assert.AreEqual(3, scored);
    });

    private static void WithThreads(int count, Action test)
    {
        var before = torch.get_num_threads();
        torch.set_num_threads(count);
        try
        {
            test();
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }
}
