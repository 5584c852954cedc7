namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class OpenMPTeamTests
{
    private static bool[] Ways => OpenMPTeam.IsAvailable ? [false, true] : [true];

    [TestMethod]
    public void ItIsThereOnLinux()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("libtorch comes with another OpenMP here.");
        Assert.IsTrue(OpenMPTeam.IsAvailable);
    }

    [TestMethod]
    public void EachNumberComesOnce()
    {
        foreach (var onPool in Ways)
            foreach (var (count, threads) in new[] { (0, 2), (1, 2), (2, 3), (1_000, 4), (10_000, 2) })
            {
                var times = new int[count];
                OpenMPTeam.For(count, threads, number => Interlocked.Increment(ref times[number]), onPool);
                Assert.IsTrue(times.All(time => time == 1), $"{count} numbers on {threads} threads");
            }
    }

    [TestMethod]
    public void ThereAreAsManyThreadsAsAskedFor()
    {
        using var both = new Barrier(2);
        OpenMPTeam.For(2, 2, _ => Assert.IsTrue(both.SignalAndWait(TimeSpan.FromSeconds(30)), "the other thread did not come"));
    }

    [TestMethod]
    public void SeveralCallersDoNotMeet() => // each has a team of its own
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, caller =>
        {
            for (var round = 0; round < 50; round++)
            {
                var sum = 0L;
                OpenMPTeam.For(100, 2, number => Interlocked.Add(ref sum, number + caller));
                Assert.AreEqual(4_950 + 100 * caller, sum);
            }
        });

    [TestMethod]
    public void WhatABodyThrowsIsThrown()
    {
        foreach (var onPool in Ways)
        {
            var done = 0;
            var failure = Assert.ThrowsExactly<InvalidOperationException>(() => OpenMPTeam.For(1_000, 2, number =>
            {
                if (number == 10) throw new InvalidOperationException("ten");
                Interlocked.Increment(ref done);
            }, onPool));
            Assert.AreEqual("ten", failure.Message);
            Assert.IsLessThan(1_000, done); // never all of them
            OpenMPTeam.For(5, 2, _ => Interlocked.Increment(ref done), onPool); // and can be used again
        }
    }
}
