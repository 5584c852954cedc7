namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class BatchPrefetcherTests
{
    [TestMethod]
    public void BatchesComeInOrder()
    {
        using var prefetcher = new BatchPrefetcher<int>(Enumerable.Range(0, 1000), capacity: 3);
        for (var i = 0; i < 1000; i++)
        {
            Assert.IsTrue(prefetcher.TryNext(out var batch));
            Assert.AreEqual(i, batch);
        }
        Assert.IsFalse(prefetcher.TryNext(out _));
        Assert.IsFalse(prefetcher.TryNext(out _));
    }

    [TestMethod]
    public void AFailureComesAsItIsAfterTheBatchesBeforeIt()
    {
        using var prefetcher = new BatchPrefetcher<int>(Failing());
        Assert.IsTrue(prefetcher.TryNext(out _));
        Assert.IsTrue(prefetcher.TryNext(out _));
        Assert.AreEqual("no third", Assert.ThrowsExactly<InvalidDataException>(() => prefetcher.TryNext(out _)).Message);
        Assert.ThrowsExactly<InvalidDataException>(() => prefetcher.TryNext(out _));

        static IEnumerable<int> Failing()
        {
            yield return 1;
            yield return 2;
            throw new InvalidDataException("no third");
        }
    }

    [TestMethod]
    public void NoMoreThanTheCapacityIsMadeAhead()
    {
        var made = 0;
        using (var prefetcher = new BatchPrefetcher<int>(Endless(() => Interlocked.Increment(ref made)), capacity: 2))
        {
            Assert.IsTrue(prefetcher.TryNext(out _));
            SpinWait.SpinUntil(() => Volatile.Read(ref made) == 4, millisecondsTimeout: 5_000); // 1 taken, 2 ready, 1 in hand
            Thread.Sleep(20);
            Assert.AreEqual(4, Volatile.Read(ref made));
        }
    }

    [TestMethod]
    public void DisposingStopsTheOtherThread()
    {
        var disposed = false;
        var prefetcher = new BatchPrefetcher<int>(Endless(() => { }, () => disposed = true), capacity: 2);
        prefetcher.Dispose();
        Assert.IsTrue(disposed);
        prefetcher.Dispose();
    }

    [TestMethod]
    public void CancellingWakesTheConsumer()
    {
        using var cancel = new CancellationTokenSource();
        using var never = new ManualResetEventSlim();
        using var prefetcher = new BatchPrefetcher<int>(Endless(() => never.Wait(cancel.Token)), cancellationToken: cancel.Token);
        var waiting = Task.Run(() => prefetcher.TryNext(out _));
        cancel.CancelAfter(50);
        Assert.Throws<OperationCanceledException>(() => waiting.GetAwaiter().GetResult());
    }

    private static IEnumerable<int> Endless(Action made, Action? disposed = null)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                made();
                yield return i;
            }
        }
        finally
        {
            disposed?.Invoke();
        }
    }
}
