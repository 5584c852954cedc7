using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LengthBucketsTests
{
    private static readonly Gen<int[]> Lengths = Gen.Int[1, 512].Array[1, 700];

    [TestMethod]
    public void EachRowComesOnceAndOnlyTheLastBatchIsShort() =>
        Gen.Select(Lengths, Gen.Int[1, 40], Gen.ULong, Gen.Long[0, 9]).Sample((lengths, batchSize, seed, epoch) =>
        {
            var batches = LengthBuckets.Batches(lengths, batchSize, seed, epoch);
            CollectionAssert.AreEqual(Enumerable.Range(0, lengths.Length).ToArray(), batches.SelectMany(batch => batch).Order().ToArray());
            Assert.IsTrue(batches.SkipLast(1).All(batch => batch.Length == batchSize));
        });

    // In a short batch each row counts for more: over the epochs it must not be the same ones.
    [TestMethod]
    public void TheShortBatchHasRowsOfAnyLength()
    {
        const int epochs = 400, rows = 65;
        var lengths = Enumerable.Range(1, rows).ToArray();
        var last = Enumerable.Range(0, epochs).Select(epoch => LengthBuckets.Batches(lengths, 32, 1, epoch)[^1].Single()).ToArray();
        Assert.AreEqual((rows - 1) / 2.0, last.Average(), 5 * rows / Math.Sqrt(12 * epochs));
        Assert.IsGreaterThan(50, last.Distinct().Count());
    }

    [TestMethod]
    public void EpochsDifferAndAreReproducible()
    {
        var lengths = Enumerable.Range(0, 200).Select(row => 1 + row * 7 % 50).ToArray();
        int[] Order(ulong seed, long epoch) => [.. LengthBuckets.Batches(lengths, 8, seed, epoch).SelectMany(batch => batch)];
        CollectionAssert.AreEqual(Order(1, 0), Order(1, 0));
        CollectionAssert.AreNotEqual(Order(1, 0), Order(1, 1));
        CollectionAssert.AreNotEqual(Order(1, 0), Order(2, 0));
    }

    [TestMethod]
    public void EpochsHaveOtherBatchesEvenWhereManyRowsAreOfOneLength()
    {
        var lengths = Enumerable.Range(0, 1_600).Select(row => 5 + row % 12).ToArray();
        HashSet<string> Members(long epoch) => [.. LengthBuckets.Batches(lengths, 32, 1, epoch).Select(batch => string.Join(' ', batch.Order()))];
        Assert.IsEmpty(Members(0).Intersect(Members(1)));
    }

    [TestMethod]
    public void LittleIsPaddedWhereRandomBatchesPadMuch()
    {
        var lengths = Enumerable.Range(0, 3_200).Select(row => new RandomStream(3, RandomPurpose.Shuffling, 0, row).NextInt32(120) + 8).ToArray();
        double Padding(IEnumerable<int[]> batches) => 1 - lengths.Sum() / (double)batches.Sum(batch => batch.Length * batch.Max(row => lengths[row]));
        Assert.IsLessThan(0.05, Padding(LengthBuckets.Batches(lengths, 32, 1, 0)));
        Assert.IsGreaterThan(0.3, Padding(Enumerable.Range(0, 3_200).Chunk(32)));
    }
}
