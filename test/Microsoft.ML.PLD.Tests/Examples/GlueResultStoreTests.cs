using Glue;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class GlueResultStoreTests
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [TestCleanup]
    public void Cleanup() => File.Delete(_path);

    [TestMethod]
    public void WhatIsAddedIsThereAgain()
    {
        var (plain, undefined) = (GlueRuns.Run("tiny", "MRPC", 1e-4, 1, 0.812345678901234), GlueRuns.Run("tiny", "STS-B", 3e-4, 2, double.NaN));
        var store = new ResultStore(_path);
        store.Add(plain);
        store.Add(undefined);

        foreach (var found in new[] { store, new ResultStore(_path) })
        {
            Assert.AreEqual(0.812345678901234, found.Find(GlueRuns.Key("MRPC"))!.Metrics[0].Value);
            Assert.IsTrue(double.IsNaN(found.Find(GlueRuns.Key("STS-B", 3e-4, 2))!.Metrics[1].Value));
            Assert.IsNull(found.Find(GlueRuns.Key("MRPC", seed: 2)));
            Assert.AreEqual(0, found.TornLines);
        }
    }

    [TestMethod]
    public void PredictionsOfAScoreThatIsNoNumberAreKeptToo()
    {
        new TestPredictions("run", double.NegativeInfinity, [new("STS-B", GlueSplit.Test, [2.5f, float.NaN])]).Write(_path);
        var kept = TestPredictions.Read(_path)!;
        Assert.AreEqual(double.NegativeInfinity, kept.Score);
        CollectionAssert.AreEqual(new[] { 2.5f, float.NaN }, kept.Files[0].Values);
        File.WriteAllText(_path, "{");
        Assert.IsNull(TestPredictions.Read(_path), "torn");
    }

    [TestMethod]
    public void FailedRunsAreKept()
    {
        new ResultStore(_path).Add(GlueRuns.Failed("tiny", "RTE", 1e-3, 2));
        var store = new ResultStore(_path);
        Assert.StartsWith("Training has diverged", store.Find(GlueRuns.Key("RTE", 1e-3, 2))!.Failure!);
        Assert.AreEqual(double.NegativeInfinity, store.Find(GlueRuns.Key("RTE", 1e-3, 2))!.Score());
        Assert.AreEqual(0, store.TornLines);
    }

    [TestMethod]
    public void ATornLineCostsItsRunOnly()
    {
        new ResultStore(_path).Add(GlueRuns.Run("tiny", "MRPC", 1e-4, 1, 0.8));
        new ResultStore(_path).Add(GlueRuns.Run("tiny", "MRPC", 1e-4, 2, 0.9));
        var whole = File.ReadAllBytes(_path);
        var first = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var length = first + 1; length < whole.Length - 1; length += 7)
        {
            File.WriteAllBytes(_path, whole[..length]);
            var torn = new ResultStore(_path);
            Assert.AreEqual(1, torn.TornLines);
            Assert.IsNotNull(torn.Find(GlueRuns.Key(seed: 1)));
            Assert.IsNull(torn.Find(GlueRuns.Key(seed: 2)));

            torn.Add(GlueRuns.Run("tiny", "MRPC", 1e-4, 3, 0.7));
            var after = new ResultStore(_path);
            Assert.AreEqual(0.8, after.Find(GlueRuns.Key(seed: 1))!.Metrics[0].Value);
            Assert.AreEqual(0.7, after.Find(GlueRuns.Key(seed: 3))!.Metrics[0].Value);
        }
    }

    [TestMethod]
    public void TheLastOfTheSameRunCounts()
    {
        var store = new ResultStore(_path);
        store.Add(GlueRuns.Run("tiny", "MRPC", 1e-4, 1, 0.8));
        store.Add(GlueRuns.Run("tiny", "MRPC", 1e-4, 1, 0.9));
        Assert.AreEqual(0.9, new ResultStore(_path).Find(GlueRuns.Key())!.Metrics[0].Value);
    }

    [TestMethod]
    public void WhateverDeterminesAResultIsInItsName()
    {
        var key = GlueRuns.Key();
        RunKey[] others =
        [
            key with { Model = "other" }, key with { Task = "RTE" }, key with { Data = "other" }, key with { LearningRate = 2e-4 }, key with { Seed = 2 }, key with { Epochs = 4 },
            key with { MaxSteps = 9 }, key with { BatchSize = 16 }, key with { MaxLength = 64 }, key with { Precision = "BFloat16" }, key with { Device = "cuda" }, key with { Recipe = "other" }, key with { Library = "2.0.0" },
        ];
        Assert.HasCount(others.Length + 1, others.Append(key).Select(each => each.Id()).Distinct().ToArray());
        Assert.AreEqual(key.Id(), (key with { }).Id());
        Assert.AreEqual(key.CommonId(), (key with { LearningRate = 2e-4, Seed = 5 }).CommonId());
        Assert.AreNotEqual(key.CommonId(), (key with { Epochs = 4 }).CommonId());
    }
}
