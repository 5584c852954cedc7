using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class HeldOutRowsTests
{
    [TestMethod]
    public void EachClassHasItsShareOnBothSides() => Gen.Int[0, 3].Array[20, 200].Sample(classes =>
    {
        double[] targets = [.. classes.Select(one => (double)one)];
        var held = HeldOutRows.Draw(targets, 0.2, seed: 3, byClass: true);
        CollectionAssert.AreEqual(held.Distinct().Order().ToArray(), held.ToArray());
        foreach (var (one, rows) in classes.CountBy(one => one))
        {
            var count = held.Count(row => classes[row] == one);
            Assert.IsLessThan(rows, count, "at least one is left");
            Assert.AreEqual(rows * 0.2, count, 1.5);
        }
        Assert.AreEqual(targets.Length * 0.2, held.Count, 2);
    }, iter: 200);

    [TestMethod]
    public void WhatSmallClassesCannotGiveIsNotTakenFromOthers()
    {
        double[] targets = [.. Enumerable.Range(0, 1000).Select(row => (double)row), .. Enumerable.Repeat(1000.0, 10)];
        Assert.IsInRange(5, 6, HeldOutRows.Draw(targets, 0.5, seed: 1, byClass: true).Count);
    }

    [TestMethod]
    public void ItIsAFunctionOfRowsAndSeed()
    {
        double[] targets = [.. Enumerable.Range(0, 100).Select(row => row / 7.0)];
        var held = HeldOutRows.Draw(targets, 0.1, seed: 1, byClass: false);
        Assert.HasCount(10, held);
        CollectionAssert.AreEqual(held.ToArray(), HeldOutRows.Draw(targets, 0.1, seed: 1, byClass: false).ToArray());
        CollectionAssert.AreNotEqual(held.ToArray(), HeldOutRows.Draw(targets, 0.1, seed: 2, byClass: false).ToArray());
    }

    [TestMethod]
    public void TooFewRowsAreSaid()
    {
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => HeldOutRows.Draw([0, 1, 2], 0.5, seed: 1, byClass: true)).Message, "50 % of 3 rows are too few");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => HeldOutRows.Draw([0, 0, 1, 1], 0.1, seed: 1, byClass: false)).Message, "Set ValidationShare to 0");
    }
}
