using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class EpochPermutationTests
{
    [TestMethod]
    public void EachPlaceComesOnce() =>
        Gen.Select(Gen.Int[1, 700], Gen.ULong, Gen.Long[0, 1L << 40]).Sample((count, seed, epoch) =>
        {
            var order = new EpochPermutation(seed, RandomPurpose.Shuffling, epoch, count);
            var visited = Enumerable.Range(0, count).Select(place => order[place]).Order().ToArray();
            CollectionAssert.AreEqual(Enumerable.Range(0, count).Select(place => (long)place).ToArray(), visited);
        }, iter: 300);

    [TestMethod]
    public void EpochsAndSeedsDiffer()
    {
        CollectionAssert.AreNotEqual(First(1, 0), First(1, 1));
        CollectionAssert.AreNotEqual(First(1, 0), First(2, 0));
        CollectionAssert.AreEqual(First(1, 0), First(1, 0));

        static long[] First(ulong seed, long epoch)
        {
            var order = new EpochPermutation(seed, RandomPurpose.Shuffling, epoch, 1000);
            return [.. Enumerable.Range(0, 50).Select(place => order[place])];
        }
    }

    [TestMethod]
    public void ALargeCountStaysInRange()
    {
        var order = new EpochPermutation(3, RandomPurpose.Shuffling, 0, (1L << 44) - 12345);
        for (var place = 0L; place < 1000; place++) Assert.IsTrue(order[place * 17_000_000_000] is >= 0 and < (1L << 44) - 12345);
    }

    [TestMethod]
    public void EachChunkIsFirstEquallyOften()
    {
        // 5 chunks, 5,000 epochs: 1,000 each expected, with a standard deviation of 28.
        var first = new int[5];
        for (var epoch = 0; epoch < 5_000; epoch++) first[new EpochPermutation(9, RandomPurpose.Shuffling, epoch, 5)[0]]++;
        Assert.IsTrue(first.All(count => Math.Abs(count - 1000) < 5 * 28), string.Join(' ', first));
    }

    [TestMethod]
    public void PlacesOutsideAreRefused()
    {
        var order = new EpochPermutation(3, RandomPurpose.Shuffling, 0, 7);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => order[7]);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => order[-1]);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new EpochPermutation(3, RandomPurpose.Shuffling, 0, 0));
    }
}
