using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class RandomSubsetTests
{
    [TestMethod]
    public void OfEveryEightSequencesTheirShareIsDrawnAndTheSameHoweverTheyAreCut() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 20], Gen.Double[0.01, 0.99], Gen.ULong).Sample((rows, cut, share, seed) =>
        {
            var subset = new RandomSubset(SubsetOf.Sequences, share, seed, Step: 3);
            var drawn = new List<int>();
            for (var first = 0; first < rows; first += cut)
            {
                var part = subset.Sequences(run: 2, first, Math.Min(cut, rows - first));
                Ascending(part, Math.Min(cut, rows - first));
                drawn.AddRange(part.Select(row => first + row));
            }
            CollectionAssert.AreEqual(subset.Sequences(run: 2, 0, rows), drawn);
            for (var group = 0; group + 8 <= rows; group += 8)
                Assert.IsLessThan(1 + 1e-9, Math.Abs(drawn.Count(row => row >= group && row < group + 8) - share * 8));
            Assert.IsLessThan(1 + 1e-9, Math.Abs(drawn.Count(row => row < rows / 8 * 8) - share * (rows / 8 * 8)));
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

    // Also where a micro-batch is a single row, and for blocks by themselves: the scale 1/p makes up for this probability and no other.
    [TestMethod]
    [DataRow(7, 0.4)]
    [DataRow(1, 0.4)]
    [DataRow(1, 0.5)]
    [DataRow(3, 0.958)]
    public void EachRowIsDrawnWithItsShareForAProbabilityWhateverTheOthersDo(int cut, double share)
    {
        const int draws = 20_000, rows = 7;
        var (counts, together) = (new int[rows], 0);
        for (var draw = 0; draw < draws; draw++)
        {
            var subset = new RandomSubset(SubsetOf.Sequences, share, (ulong)draw, 0);
            bool[] Drawn(int run)
            {
                var drawn = new bool[rows];
                for (var first = 0; first < rows; first += cut)
                    foreach (var row in subset.Sequences(run, first, Math.Min(cut, rows - first))) drawn[first + row] = true;
                return drawn;
            }
            var (one, another) = (Drawn(0), Drawn(1));
            for (var row = 0; row < rows; row++) counts[row] += one[row] ? 1 : 0;
            together += one[3] && another[3] ? 1 : 0;
        }
        var tolerance = 5 * Math.Sqrt(0.25 / draws);
        foreach (var count in counts) Assert.AreEqual(share, count / (double)draws, tolerance);
        Assert.AreEqual(share * share, together / (double)draws, tolerance, "two blocks draw each for itself");
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
