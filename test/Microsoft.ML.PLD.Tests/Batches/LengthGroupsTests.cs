using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LengthGroupsTests
{
    [TestMethod]
    public void EachTextComesOnceAndShorterOnesFirst() =>
        Gen.Select(Gen.Int[1, 128].Array[0, 64], Gen.Int[0, 300]).Sample((lengths, overhead) =>
        {
            var texts = LengthGroups.Cut(lengths, overhead).SelectMany(group => group).ToArray();
            CollectionAssert.AreEqual(Enumerable.Range(0, lengths.Length).ToArray(), texts.Order().ToArray());
            CollectionAssert.AreEqual(lengths.Order().ToArray(), texts.Select(text => lengths[text]).ToArray());
        });

    [TestMethod]
    public void NoOtherCutCostsLess() =>
        Gen.Select(Gen.Int[1, 20].Array[1, 9], Gen.Int[0, 40]).Sample((lengths, overhead) =>
        {
            var sorted = lengths.Order().ToArray();
            // Each bit cuts behind one of the texts, or does not.
            var least = Enumerable.Range(0, 1 << sorted.Length - 1).Min(cuts =>
            {
                var (cost, begin) = (0, 0);
                for (var end = 1; end <= sorted.Length; end++)
                    if (end == sorted.Length || (cuts >> end - 1 & 1) == 1) (cost, begin) = (cost + overhead + (end - begin) * sorted[end - 1], end);
                return cost;
            });
            Assert.AreEqual(least, LengthGroups.Cut(lengths, overhead).Sum(group => overhead + group.Length * group.Max(text => lengths[text])));
        });

    [TestMethod]
    public void WithSeveralWorkersNoGroupIsMoreThanAShareUnlessATextIs() =>
        Gen.Select(Gen.Int[1, 128].Array[1, 64], Gen.Int[0, 300], Gen.Int[2, 8]).Sample((lengths, overhead, workers) =>
        {
            var groups = LengthGroups.Cut(lengths, overhead, workers);
            Assert.AreEqual(lengths.Length, groups.Sum(group => group.Length));
            foreach (var group in groups.Where(group => group.Length > 1)) Assert.IsLessThanOrEqualTo(lengths.Sum() / workers, group.Length * group.Max(text => lengths[text]));
        });

    [TestMethod]
    public void WhereGroupsCostNothingNothingIsPaddedAndWhereTheyAreDearThereIsOne()
    {
        int[] lengths = [7, 3, 7, 20, 3];
        Assert.HasCount(3, LengthGroups.Cut(lengths, 0).Select(group => group.Max(text => lengths[text])).Distinct().ToArray());
        Assert.HasCount(1, LengthGroups.Cut(lengths, 10_000));
    }
}
