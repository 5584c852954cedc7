using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class DropoutTests
{
    private const int Values = 10_000;

    [TestMethod]
    public void TheMaskIsAFunctionOfSeedStepAndMicroBatch()
    {
        var masks = (from seed in new ulong[] { 0, 1, ulong.MaxValue } from step in new long[] { 0, 1, 100_000 } from part in new long[] { 0, 1, 7 } select (seed, step, part))
            .ToDictionary(key => key, key => Mask(0.5, key.seed, key.step, key.part));
        torch.rand(3).Dispose(); // the global generator has nothing to do with it
        foreach (var (key, mask) in masks) CollectionAssert.AreEqual(mask, Mask(0.5, key.seed, key.step, key.part), $"{key}");
        Assert.HasCount(masks.Count, masks.Values.Select(mask => string.Concat(mask.Take(64).Select(value => value > 0))).Distinct());
    }

    [TestMethod]
    public void ItDropsAtItsRateAndKeepsTheMean() =>
        Gen.Select(Gen.Double[0.01, 0.9], Gen.ULong).Sample((rate, seed) =>
        {
            var mask = Mask(rate, seed, step: 3, microBatch: 0);
            var kept = (float)(1 / (1 - rate));
            Assert.IsTrue(mask.All(value => value == 0 || Math.Abs(value - kept) < 1e-5 * kept));
            // 6 standard deviations of a binomial: one failure in 500 million.
            Assert.AreEqual(Values * rate, mask.Count(value => value == 0), 6 * Math.Sqrt(Values * rate * (1 - rate)));
            Assert.AreEqual(1, mask.Average(), 6 * Math.Sqrt(rate / (1 - rate) / Values));
        }, iter: 100);

    [TestMethod]
    public void EachUseDrawsAnew()
    {
        using var scope = torch.NewDisposeScope();
        using var dropout = Dropout.For(0.5, 0.5, seed: 1, step: 1, microBatch: 1, torch.CPU)!;
        var ones = torch.ones(100);
        var draws = new[] { dropout.Hidden(ones), dropout.Hidden(ones), dropout.Attention(ones) }.Select(mask => string.Join(' ', mask.data<float>()));
        Assert.HasCount(3, draws.Distinct());
    }

    [TestMethod]
    public void EachRateIsItsOwn()
    {
        using var scope = torch.NewDisposeScope();
        var ones = torch.ones(1000);
        using var hidden = Dropout.For(0.5, 0, seed: 1, step: 1, microBatch: 1, torch.CPU)!;
        using var attention = Dropout.For(0, 0.5, seed: 1, step: 1, microBatch: 1, torch.CPU)!;
        Assert.AreNotEqual(1000f, hidden.Hidden(ones).count_nonzero().item<long>());
        Assert.AreSame(ones, hidden.Attention(ones));
        Assert.AreNotEqual(1000f, attention.Attention(ones).count_nonzero().item<long>());
        Assert.AreSame(ones, attention.Hidden(ones));
    }

    [TestMethod]
    public void NothingToDropIsNoDropout() => Assert.IsNull(Dropout.For(0, 0, seed: 1, step: 1, microBatch: 1, torch.CPU));

    [TestMethod]
    public void WhatIsDroppedGetsNoGradient()
    {
        using var scope = torch.NewDisposeScope();
        using var dropout = Dropout.For(0.5, 0, seed: 1, step: 1, microBatch: 1, torch.CPU)!;
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
            using var dropout = Dropout.For(0.3, 0.3, seed: 1, step: 1, microBatch: 1, torch.CPU);
            var evaluated = network.Hidden(LayerPlan.Dense(5)).data<float>().ToArray();
            CollectionAssert.AreNotEqual(evaluated, network.Encoder.Normalize(network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Dense(5), torch.float32, dropout)).data<float>().ToArray());
            CollectionAssert.AreEqual(evaluated, network.Hidden(LayerPlan.Dense(5)).data<float>().ToArray());
        }
    }

    private static float[] Mask(double rate, ulong seed, long step, long microBatch)
    {
        using var scope = torch.NewDisposeScope();
        using var dropout = Dropout.For(rate, 0, seed, step, microBatch, torch.CPU)!;
        return dropout.Hidden(torch.ones(Values)).data<float>().ToArray();
    }
}
