namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class LayerPlanTests
{
    [TestMethod]
    public void AForwardPassCostsAThirdAndAPartItsShare()
    {
        BlockRun[] runs =
        [
            new(0, 1, IsTrained: false), new(1, 1), new(2, 1) { IsForwardOnly = true }, new(3, 1) { Subset = new RandomSubset(SubsetOf.Tokens, 0.25, 1, 0) },
        ];
        Assert.AreEqual((1 / 3.0 + 1 + 1 / 3.0 + 0.25) / 5, new LayerPlan(5, runs, 0.4, trainsEmbeddings: false).ActualShare, 1e-15);
        Assert.AreEqual(1, LayerPlan.Dense(7).ActualShare, 1e-15);
        Assert.AreEqual(0, new LayerPlan(7, [], 0).ActualShare);
    }

    [TestMethod]
    public void ABlockMayRunAgainButNoneMayFollowAHigherOne()
    {
        Assert.HasCount(4, new LayerPlan(2, [new(0, 1), new(0, 1), new(1, 1), new(1, 1)], 2).Runs);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(3, [new(0, 1), new(2, 1), new(1, 1)], 1)).Message, "Block 1 follows block 2; expected ascending indices from 0 to 2");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(3, [new(-1, 1)], 1)).Message, "Block -1");
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    [DataRow(double.NaN)]
    public void ASubsetIsAPart(double share) => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentException>(() => new LayerPlan(2, [new(1, 1) { Subset = new RandomSubset(SubsetOf.Sequences, share, 1, 0) }], 1)).Message,
        $"Block 1 has a subset of the share {share}; expected more than 0 and less than 1");

    [TestMethod]
    public void CopiesComeFromBlocksOfTheEncoder()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new BlockCopies([0, 1, 3])).Message, "weights of block 3; expected 0 to 2");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => new BlockCopies([-1])).Message, "weights of block -1; expected 0 to 0");
    }
}
