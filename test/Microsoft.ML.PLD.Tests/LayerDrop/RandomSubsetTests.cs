using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class RandomSubsetTests
{
    [TestMethod]
    public void OfTheSequencesOfAStepTheNearestWholeNumberIsDrawnHoweverItIsCut() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 20], Gen.Double[0.01, 0.99], Gen.ULong).Sample((rows, cut, share, seed) =>
        {
            var subset = new RandomSubset(SubsetOf.Sequences, share, seed, Step: 3);
            var drawn = 0;
            for (var first = 0; first < rows; first += cut)
            {
                var part = subset.Sequences(run: 2, first, Math.Min(cut, rows - first));
                Ascending(part, Math.Min(cut, rows - first));
                Assert.IsLessThanOrEqualTo(1, Math.Abs(part.Length - share * Math.Min(cut, rows - first)), "every micro-batch has its part");
                drawn += part.Length;
            }
            Assert.AreEqual(Math.Round(share * rows, MidpointRounding.AwayFromZero), drawn);
        });

    [TestMethod]
    public void OfEachSequenceAsManyTokensAreDrawnButNotTheSame()
    {
        var subset = new RandomSubset(SubsetOf.Tokens, 0.4, Seed: 5, Step: 3);
        var rows = Enumerable.Range(0, 50).Select(row => subset.Tokens(run: 1, row, length: 13)).ToArray();
        foreach (var row in rows)
        {
            Assert.HasCount(5, row);
            Ascending(row, 13);
        }
        Assert.IsGreaterThan(40, rows.Select(row => string.Join(' ', row)).Distinct().Count());
        Assert.AreEqual(1, new RandomSubset(SubsetOf.Tokens, 0.01, 5, 3).TokensOf(7), "attention needs a token");
    }

    [TestMethod]
    public void EachRowIsAsLikelyAsAnyOther()
    {
        const int draws = 20_000;
        var counts = new int[7];
        for (var draw = 0; draw < draws; draw++)
            foreach (var row in new RandomSubset(SubsetOf.Sequences, 3 / 7.0, (ulong)draw, 0).Sequences(0, 0, 7))
                counts[row]++;
        foreach (var count in counts) Assert.AreEqual(3 / 7.0, count / (double)draws, 5 * Math.Sqrt(0.25 / draws));
    }

    [TestMethod]
    public void ADrawDependsOnSeedStepRunAndRow()
    {
        string Of(ulong seed, long step, int run, long first) => string.Join(' ', new RandomSubset(SubsetOf.Sequences, 0.5, seed, step).Sequences(run, first, 40));
        Assert.AreEqual(Of(1, 2, 3, 40), Of(1, 2, 3, 40));
        foreach (var other in new[] { Of(2, 2, 3, 40), Of(1, 3, 3, 40), Of(1, 2, 4, 40), Of(1, 2, 3, 80) }) Assert.AreNotEqual(Of(1, 2, 3, 40), other);
    }

    private static void Ascending(int[] drawn, int bound)
    {
        for (var i = 0; i < drawn.Length; i++) Assert.IsTrue(drawn[i] > (i == 0 ? -1 : drawn[i - 1]) && drawn[i] < bound, string.Join(' ', drawn));
    }
}
