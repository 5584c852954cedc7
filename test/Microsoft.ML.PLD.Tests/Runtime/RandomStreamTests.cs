using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class RandomStreamTests
{
    private const long Limit = 1L << 44;

    // Values around the seams of the counter's fields, and any others.
    private static readonly Gen<long> Number = Gen.OneOf<long>(
        Gen.OneOf(0L, 1, uint.MaxValue, 1L << 32, (1L << 32) + 1, 1L << 43, Limit - 1), Gen.Long[0, Limit - 1], Gen.Long[0, 99]);

    [TestMethod]
    [Description("kat_vectors of Random123, philox4x32 with 10 rounds")]
    public void PhiloxGivesTheKnownAnswers()
    {
        Assert.AreEqual((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), RandomStream.Philox(0, 0, 0, 0, 0, 0));
        const uint Ones = uint.MaxValue;
        Assert.AreEqual((0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu), RandomStream.Philox(Ones, Ones, Ones, Ones, Ones, Ones));
        Assert.AreEqual((0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            RandomStream.Philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0));
    }

    [TestMethod]
    [Description("The numbers are part of a run's format: these may never change.")]
    public void TheCounterIsBlockIndexStepAndPurpose()
    {
        var stream = new RandomStream(0x299f31d0_a4093822, RandomPurpose.Masking, step: 0x123_89abcdef, index: 0x456_01234567);
        var (first, second, third, fourth) = RandomStream.Philox(0, 0x01234567, 0x89abcdef, 0x02_123_456, 0xa4093822, 0x299f31d0);
        var (fifth, _, _, _) = RandomStream.Philox(1, 0x01234567, 0x89abcdef, 0x02_123_456, 0xa4093822, 0x299f31d0);
        uint[] drawn = [stream.NextUInt32(), stream.NextUInt32(), stream.NextUInt32(), stream.NextUInt32(), stream.NextUInt32()];
        CollectionAssert.AreEqual(new[] { first, second, third, fourth, fifth }, drawn);
    }

    [TestMethod]
    public void NoTwoPurposesStepsOrIndicesShareAStream() =>
        // Philox permutes the counters of one key: other counter, other block of four, without exception.
        Gen.Select(Gen.ULong, Key(), Key()).Sample((seed, one, other) =>
            one == other == (FirstBlock(seed, one) == FirstBlock(seed, other)), iter: 20_000);

    [TestMethod]
    public void TheSameKeyGivesTheSameNumbersAndAnotherSeedOthers() =>
        Gen.Select(Gen.ULong, Gen.ULong, Key()).Sample((seed, other, key) =>
            FirstBlock(seed, key) == FirstBlock(seed, key) && (seed == other || FirstBlock(seed, key) != FirstBlock(other, key)));

    [TestMethod]
    public void NumbersStayInsideTheirBounds() =>
        Gen.Select(Gen.ULong, Number, Gen.OneOf<int>(Gen.OneOf(1, 2, 3, int.MaxValue), Gen.Int[1, int.MaxValue])).Sample((seed, step, bound) =>
        {
            var stream = new RandomStream(seed, RandomPurpose.Gates, step);
            var (small, large, real) = (stream.NextInt32(bound), stream.NextInt64((long)bound << 31), stream.NextDouble());
            return small >= 0 && small < bound && large >= 0 && large < (long)bound << 31 && real >= 0 && real < 1 && (bound > 1 || small == 0);
        });

    [TestMethod]
    [DataRow(2, DisplayName = "2")]
    [DataRow(10, DisplayName = "10")]
    [DataRow(1000, DisplayName = "1000")]
    public void SmallIntegersAreUniform(int bound)
    {
        var counts = new int[bound];
        var stream = new RandomStream(7, RandomPurpose.Shuffling, 3);
        for (var i = 0; i < 200_000; i++) counts[stream.NextInt32(bound)]++;
        AssertUniform(counts);
    }

    [TestMethod]
    public void LargeIntegersAreUniformToo()
    {
        // Without rejection every third value below 3 * 2^29 * 2 would be drawn twice as often.
        var counts = new int[3];
        var stream = new RandomStream(8, RandomPurpose.Shuffling, 3);
        for (var i = 0; i < 100_000; i++) counts[stream.NextInt32(3 << 29) % 3]++;
        AssertUniform(counts);
    }

    [TestMethod]
    public void RealsAreUniformAlsoAcrossStreams()
    {
        int[] within = new int[100], across = new int[100];
        var stream = new RandomStream(9, RandomPurpose.Dropout, 0);
        for (var i = 0; i < 100_000; i++)
        {
            within[(int)(stream.NextDouble() * 100)]++;
            across[(int)(new RandomStream(9, RandomPurpose.Gates, step: i).NextDouble() * 100)]++;
        }
        AssertUniform(within);
        AssertUniform(across);
    }

    [TestMethod]
    public void NumbersOutsideTheCounterAreRefused()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomStream(1, RandomPurpose.Gates, -1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomStream(1, RandomPurpose.Gates, Limit));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomStream(1, RandomPurpose.Gates, 0, -1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomStream(1, RandomPurpose.Gates, 0, Limit));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomStream(1, RandomPurpose.Gates, 0).NextInt32(0));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new RandomStream(1, RandomPurpose.Gates, 0).NextInt64(-5));
    }

    private static Gen<(RandomPurpose Purpose, long Step, long Index)> Key() =>
        Gen.Select(Gen.OneOf(Enum.GetValues<RandomPurpose>()), Number, Number);

    private static (uint, uint, uint, uint) FirstBlock(ulong seed, (RandomPurpose Purpose, long Step, long Index) key)
    {
        var stream = new RandomStream(seed, key.Purpose, key.Step, key.Index);
        return (stream.NextUInt32(), stream.NextUInt32(), stream.NextUInt32(), stream.NextUInt32());
    }

    // Chi-squared against 5 standard deviations; the streams are fixed, so this does not fail by chance.
    private static void AssertUniform(int[] counts)
    {
        double expected = counts.Average(), freedom = counts.Length - 1;
        var chiSquared = counts.Sum(count => (count - expected) * (count - expected) / expected);
        Assert.IsLessThan(freedom + 5 * Math.Sqrt(2 * freedom), chiSquared);
    }
}
