using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass, DoNotParallelize] // the number of threads is the process's
public sealed class ComputeWorkersTests
{
    [TestMethod]
    public void EachDoesItsPartEachTime()
    {
        foreach (var count in new[] { 1, 2, 5 })
        {
            using var workers = new ComputeWorkers(count);
            for (var round = 0; round < 20; round++)
            {
                var done = new int[count];
                workers.Run(worker => Interlocked.Increment(ref done[worker]));
                Assert.IsTrue(done.All(times => times == 1));
            }
        }
    }

    [TestMethod]
    public void WhatFailsOnAWorkerFailsOnTheCallerAndTheNextRunIsFine()
    {
        using var workers = new ComputeWorkers(3);
        var thrown = Assert.ThrowsExactly<InvalidDataException>(() => workers.Run(worker =>
        {
            if (worker == 1) throw new InvalidDataException("two");
        }));
        Assert.AreEqual("two", thrown.Message);
        var done = 0;
        workers.Run(_ => Interlocked.Increment(ref done));
        Assert.AreEqual(3, done);
    }

    [TestMethod]
    public void EachHasItsShareOfTheThreadsAndOthersKeepTheirs()
    {
        var before = torch.get_num_threads();
        try
        {
            torch.set_num_threads(5);
            using var workers = new ComputeWorkers(2);
            var threads = new int[2];
            workers.Run(worker =>
            {
                torch.randn(200, 200).mm(torch.randn(200, 200)).Dispose();
                threads[worker] = torch.get_num_threads();
            });
            CollectionAssert.AreEqual(new[] { 3, 2 }, threads);
            Assert.AreEqual(5, torch.get_num_threads());
            var later = 0;
            var thread = new Thread(() => later = torch.get_num_threads());
            thread.Start();
            thread.Join();
            Assert.AreEqual(5, later);
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }
}
