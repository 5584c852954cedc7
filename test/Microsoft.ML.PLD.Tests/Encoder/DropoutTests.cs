using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class DropoutTests
{
    private const int Values = 10_000;

    [TestMethod]
    public void TheMaskIsAFunctionOfSeedStepAndRow()
    {
        var masks = (from seed in new ulong[] { 0, 1, ulong.MaxValue } from step in new long[] { 0, 1, 100_000 } from row in new long[] { 0, 1, 7 } select (seed, step, row))
            .ToDictionary(key => key, key => Mask(0.5, key.seed, key.step, key.row));
        torch.rand(3).Dispose(); // the global generator has nothing to do with it
        foreach (var (key, mask) in masks) CollectionAssert.AreEqual(mask, Mask(0.5, key.seed, key.step, key.row), $"{key}");
        Assert.HasCount(masks.Count, masks.Values.Select(mask => string.Concat(mask.Take(64).Select(value => value > 0))).Distinct());
    }

    [TestMethod]
    public void ItDropsAtItsRateAndKeepsTheMean() =>
        Gen.Select(Gen.Double[0.01, 0.9], Gen.ULong).Sample((rate, seed) =>
        {
            var mask = Mask(rate, seed, step: 3, row: 0);
            // Rates are multiples of 1 / 65,536, and the scale is that of the real rate.
            var kept = (float)(1 / (1 - Math.Round(rate * 65_536) / 65_536));
            Assert.IsTrue(mask.All(value => value == 0 || Math.Abs(value - kept) < 1e-6 * kept));
            // 6 standard deviations of a binomial: one failure in 500 million.
            Assert.AreEqual(Values * rate, mask.Count(value => value == 0), 6 * Math.Sqrt(Values * rate * (1 - rate)));
            Assert.AreEqual(1, mask.Average(), 6 * Math.Sqrt(rate / (1 - rate) / Values));
        }, iter: 100);

    [TestMethod]
    public void NumbersAreDroppedIndependently()
    {
        // Correlations between a mask and itself some places on, and between masks of neighbouring rows, places, steps and seeds: none is
        // further from 0 than 5 standard deviations, 1 / sqrt(n) each. 200 of them: one failure in 10,000.
        const int n = 200_000;
        var mask = Centred(n, seed: 1, step: 0, row: 0);
        for (var lag = 1; lag <= 150; lag++) AssertIndependent(mask[lag..], mask[..^lag], $"lag {lag}");
        foreach (var lag in new[] { 256, 512, 1_000, 1_024, 4_096, 65_536 }) AssertIndependent(mask[lag..], mask[..^lag], $"lag {lag}");
        foreach (var (seed, step, row) in new (ulong, long, long)[] { (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 0, 2), (0, 0, 0), (1, 2, 0), (1, 1, 1), (1UL << 32 | 1, 0, 0) })
            AssertIndependent(mask, Centred(n, seed, step, row), $"{seed} {step} {row}");

        static void AssertIndependent(double[] one, double[] two, string what) =>
            Assert.AreEqual(0, one.Zip(two, (a, b) => a * b).Sum() / one.Length, 5 / Math.Sqrt(one.Length), what);

        static double[] Centred(int count, ulong seed, long step, long row) =>
            [.. Mask(0.3, seed, step, row, count).Select(value => (value > 0 ? 0.3 : -0.7) / Math.Sqrt(0.21))];
    }

    [TestMethod]
    public void MicroBatchesHaveTheRowsOfTheWholeBatch()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor Drawn(int first, int rows)
        {
            var dropout = Dropout.For(0.4, 0, seed: 3, step: 9, first, rows, torch.CPU)!;
            dropout.Hidden(torch.ones(rows, 3));
            return dropout.Hidden(torch.ones(rows * 5, 77));
        }
        var whole = Drawn(0, 6);
        foreach (var (first, rows) in new[] { (0, 2), (2, 3), (5, 1) })
            CollectionAssert.AreEqual(whole.narrow(0, first * 5, rows * 5).data<float>().ToArray(), Drawn(first, rows).data<float>().ToArray());
    }

    [TestMethod]
    public void EachUseDrawsAnew()
    {
        using var scope = torch.NewDisposeScope();
        var dropout = Dropout.For(0.5, 0.5, seed: 1, step: 1, firstRow: 0, rows: 1, torch.CPU)!;
        var ones = torch.ones(100);
        var draws = new[] { dropout.Hidden(ones), dropout.Hidden(ones), DropoutAdd.Apply(null, ones, 1, dropout.AttentionSite()!) }.Select(mask => string.Join(' ', mask.data<float>()));
        Assert.HasCount(3, draws.Distinct());
    }

    [TestMethod]
    public void EachRateIsItsOwn()
    {
        using var scope = torch.NewDisposeScope();
        var ones = torch.ones(1000);
        var hidden = Dropout.For(0.5, 0, seed: 1, step: 1, firstRow: 0, rows: 1, torch.CPU)!;
        var attention = Dropout.For(0, 0.25, seed: 1, step: 1, firstRow: 0, rows: 1, torch.CPU)!;
        Assert.AreNotEqual(1000, hidden.Hidden(ones).count_nonzero().item<long>());
        Assert.IsNull(hidden.AttentionSite());
        Assert.AreEqual(0.25, attention.AttentionSite()!.Rate);
        Assert.AreSame(ones, attention.Hidden(ones));
    }

    [TestMethod]
    public void NothingToDropIsNoDropout() => Assert.IsNull(Dropout.For(0, 0, seed: 1, step: 1, firstRow: 0, rows: 1, torch.CPU));

    [TestMethod]
    public void WhatIsDroppedGetsNoGradient()
    {
        using var scope = torch.NewDisposeScope();
        var dropout = Dropout.For(0.5, 0, seed: 1, step: 1, firstRow: 0, rows: 1, torch.CPU)!;
        var x = torch.ones(100, requires_grad: true);
        var y = dropout.Hidden(x);
        y.sum().backward();
        CollectionAssert.AreEqual(y.data<float>().ToArray(), x.grad!.data<float>().ToArray());
    }

    [TestMethod]
    public void TrainingDropsAndEvaluationNeverDoes()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        foreach (var placement in Enum.GetValues<NormPlacement>())
        {
            using var network = new TestNetwork(placement);
            var dropout = Dropout.For(0.3, 0.3, seed: 1, step: 1, firstRow: 0, rows: 1, torch.CPU);
            var evaluated = network.Hidden(LayerPlan.Dense(5)).data<float>().ToArray();
            CollectionAssert.AreNotEqual(evaluated, network.Encoder.Normalize(network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(5), torch.float32, dropout)).data<float>().ToArray());
            CollectionAssert.AreEqual(evaluated, network.Hidden(LayerPlan.Dense(5)).data<float>().ToArray());
        }
    }

    private static float[] Mask(double rate, ulong seed, long step, long row, int values = Values)
    {
        using var scope = torch.NewDisposeScope();
        var dropout = Dropout.For(rate, 0, seed, step, row, rows: 1, torch.CPU)!;
        return dropout.Hidden(torch.ones(values)).data<float>().ToArray();
    }
}
