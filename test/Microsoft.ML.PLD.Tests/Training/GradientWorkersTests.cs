namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GradientWorkersTests
{
    [TestMethod]
    public void EachDoesItsPartEachTime()
    {
        foreach (var count in new[] { 1, 2, 5 })
        {
            using var workers = new GradientWorkers(count);
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
        using var workers = new GradientWorkers(3);
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
    public void TheCallersThreadsStayAsManyAsTheyWere()
    {
        var before = TorchSharp.torch.get_num_threads();
        using var workers = new GradientWorkers(2);
        Assert.AreEqual(before, TorchSharp.torch.get_num_threads());
        var later = 0;
        var thread = new Thread(() => later = TorchSharp.torch.get_num_threads());
        thread.Start();
        thread.Join();
        Assert.AreEqual(before, later);
    }
}
