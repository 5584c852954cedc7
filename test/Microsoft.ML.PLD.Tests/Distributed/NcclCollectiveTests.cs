using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>Sums over devices: the calls that NCCL gets, from ranks that are threads, by functions that stand in for it.</summary>
[TestClass]
[DoNotParallelize] // the functions are static
public sealed class NcclCollectiveTests
{
    private static readonly TestCorpus Text = new();

    [ClassCleanup]
    public static void CleanupClass() => Text.Dispose();

    [TestMethod]
    [DataRow(2)]
    [DataRow(3)]
    public void SumsAndPartsArrive(int size)
    {
        var library = FakeNccl.Library(size);
        var results = ThreadRanks.Run(size, ranks =>
        {
            using var scope = torch.NewDisposeScope();
            var (waits, watched) = (0, new List<string>());
            var devices = new NcclCollective(ranks, library, torch.CPU, () => waits++, operation =>
            {
                watched.Add(operation);
                return ranks.Begin();
            });
            torch.Tensor Own(int length) => torch.arange(length, dtype: torch.float32).add(torch.tensor(100f * ranks.Rank));
            var (sum, whole, parts, all) = (Own(7), Own(5), Own(9), Own(9));
            int[] counts = [.. Enumerable.Range(0, size).Select(rank => rank == 0 ? 0 : rank == size - 1 ? 9 - (size - 2) * 2 : 2)]; // a rank may have nothing
            ICollective asRanks = devices;
            asRanks.Sum(sum);
            asRanks.Broadcast(whole);
            asRanks.SumScatter(parts, counts);
            asRanks.Gather(all, counts);
            Assert.AreEqual(4, waits, "Each waits for its end.");
            Assert.HasCount(5, watched);
            var bytes = devices.Bytes - ranks.Bytes;
            Assert.AreEqual((7 + 5) * 4 + 9 * 2 + 9 * 2, bytes);
            Assert.AreEqual((ranks.Rank, size), (devices.Rank, devices.Size));
            var first = counts[..ranks.Rank].Sum();
            return (Sum: sum.data<float>().ToArray(), Whole: whole.data<float>().ToArray(), Part: parts.data<float>().ToArray()[first..(first + counts[ranks.Rank])], First: first, All: all.data<float>().ToArray(), Counts: counts);
        });
        var others = 100f * size * (size - 1) / 2;
        foreach (var result in results)
        {
            CollectionAssert.AreEqual(Enumerable.Range(0, 7).Select(i => size * i + others).ToArray(), result.Sum);
            CollectionAssert.AreEqual(Enumerable.Range(0, 5).Select(i => (float)i).ToArray(), result.Whole);
            CollectionAssert.AreEqual(Enumerable.Range(result.First, result.Part.Length).Select(i => size * i + others).ToArray(), result.Part);
            CollectionAssert.AreEqual(Enumerable.Range(0, 9).Select(i => i + 100f * OwnerOf(i, result.Counts)).ToArray(), result.All);
        }
        Assert.AreEqual(0, FakeNccl.Lonely, "Sums of parts are no group: the first would wait for the others.");

        static int OwnerOf(int place, int[] counts)
        {
            var owner = 0;
            while (place >= counts[..(owner + 1)].Sum()) owner++;
            return owner;
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TrainingOverItGivesTheSameWeights(bool sharded)
    {
        var options = TestCorpus.Options with { Steps = 5, BatchSize = 7, LayerSchedule = new ProgressiveLayerDrop(0.3), LearningRate = new() { Peak = 3e-3 } };
        var runtime = TestCorpus.Runtime with { ShardOptimizer = sharded };
        var library = FakeNccl.Library(3);
        var expected = ThreadRanks.Run(3, ranks => Pretrain(ranks, options, runtime));
        var sums = new long[3];
        var models = ThreadRanks.Run(3, ranks =>
        {
            var devices = new NcclCollective(ranks, library, torch.CPU, () => { }, _ => ranks.Begin());
            var model = Pretrain(devices, options, runtime);
            sums[ranks.Rank] = devices.Bytes - ranks.Bytes;
            return model;
        });
        foreach (var (one, other) in expected.Zip(models)) TestModel.AssertSameBits(one.Weights, other.Weights);
        Assert.IsTrue(sums.All(bytes => bytes > 5 * models[0].Weights.Count), $"Gradients did not go that way: {string.Join(", ", sums)} bytes.");
        foreach (var model in models.Concat(expected)) model.Dispose();
    }

    [TestMethod]
    public void WhatFailsIsNamed()
    {
        var library = FakeNccl.Library(1);
        var devices = new NcclCollective(SingleProcess.Instance, library, torch.CPU, () => { }, _ => SingleProcess.Instance.Begin());
        FakeNccl.Failure = 6;
        using var values = torch.zeros(3);
        Assert.AreEqual("ncclAllReduce failed: the cable is cut", Assert.ThrowsExactly<InvalidOperationException>(() => devices.Sum(values)).Message);
        Assert.AreEqual("ncclReduce", Assert.ThrowsExactly<EntryPointNotFoundException>(() => new NcclLibrary(name => name == "ncclAllReduce" ? 1 : throw new EntryPointNotFoundException(name))).Message);
    }

    private static BertModel Pretrain(ICollective ranks, PretrainingOptions options, RuntimeOptions runtime) => RankTraining.Pretrain(Text, ranks, options, runtime);
}
