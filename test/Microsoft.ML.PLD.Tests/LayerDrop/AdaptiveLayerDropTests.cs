using CsCheck;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class AdaptiveLayerDropTests
{
    [TestMethod]
    public void BeforeTheFirstMeasurementTheRatesAreThePapers() =>
        CollectionAssert.AreEqual(new ProgressiveLayerDrop(0.5).KeepProbabilities(30, 100, 6), new AdaptiveLayerDrop(0.5).KeepProbabilities(30, 100, 6));

    [TestMethod]
    public void DropRatesAreProportionalToTheInverseOfTheChange()
    {
        // 1 - theta is 0.5 in the limit; the paper drops 5/8 of it on average of 4 blocks: 1.25 blocks. With changes of 1, 2, 2, 4: 1, 1/2, 1/2, 1/4 parts of 2.25,
        // of which the first would be 0.556, and has 0.5; the others share 0.75 as 0.3, 0.3, 0.15.
        var keep = With(new AdaptiveLayerDrop(0.5, gammaTimesSteps: double.PositiveInfinity), 1, 2, 2, 4).KeepProbabilities(0, 100, 4);
        foreach (var (expected, actual) in new[] { 0.5, 0.7, 0.7, 0.85 }.Zip(keep)) Assert.AreEqual(expected, actual, 1e-9);
        foreach (var same in With(new AdaptiveLayerDrop(0.5, gammaTimesSteps: double.PositiveInfinity), 3, 3, 3, 3).KeepProbabilities(0, 100, 4)) Assert.AreEqual(1 - 0.3125, same, 1e-9);
    }

    [TestMethod]
    public void AsManyBlocksRunAsThePaperHasAndNoneIsDroppedMoreOften() =>
        Gen.Select(Gen.Double[0.05, 1], Gen.Double[1e-12, 1e3].Array[1, 20], Gen.Int[0, 100]).Sample((theta, changes, step) =>
        {
            var (paper, keep) = (new ProgressiveLayerDrop(theta).KeepProbabilities(step, 100, changes.Length), With(new AdaptiveLayerDrop(theta), changes).KeepProbabilities(step, 100, changes.Length));
            Assert.AreEqual(paper.Sum(), keep.Sum(), 1e-6);
            Assert.IsTrue(keep.All(p => p <= 1 && p >= paper[^1] - 1e-9));
            for (var i = 0; i < keep.Length; i++)
                for (var j = 0; j < keep.Length; j++)
                    Assert.IsTrue(changes[i] < changes[j] || keep[i] >= keep[j], "who changes more is kept more often");
        });

    [TestMethod]
    public void AnEncoderThatHasDivergedHasNothingToTell() => CollectionAssert.AreEqual(
        new ProgressiveLayerDrop(0.5).KeepProbabilities(30, 100, 3), With(new AdaptiveLayerDrop(0.5), 1, double.NaN, 2).KeepProbabilities(30, 100, 3));

    [TestMethod]
    public void MeasurementsComeAtEqualIntervals()
    {
        var schedule = new AdaptiveLayerDrop(measurements: 4);
        CollectionAssert.AreEqual(new[] { 0, 25, 50, 75 }, Enumerable.Range(0, 100).Where(step => schedule.MeasuresBefore(step, 100)).ToArray());
        Assert.IsTrue(new AdaptiveLayerDrop(measurements: 50).MeasuresBefore(3, 7), "a short run measures at each step");
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new AdaptiveLayerDrop(measurements: 0));
    }

    [TestMethod]
    public void DistanceAndAngleAreThoseOfEachToken()
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        using var network = new TestNetwork();
        var changes = network.Encoder.Measure([() => TestNetwork.Batch()], torch.float32);
        int[] real = [.. Enumerable.Range(0, 21).Where(place => place % 7 < new[] { 7, 5, 1 }[place / 7])]; // the rest is padding
        for (var block = 0; block < 5; block++)
        {
            float[] Stream(int blocks) => network.Encoder.Apply(TestNetwork.Batch(), LayerPlan.Lowest(blocks, 5), torch.float32).data<float>().ToArray();
            var (x, y) = (Stream(block), Stream(block + 1));
            var (distance, angle) = (0.0, 0.0);
            foreach (var place in real)
            {
                double xx = 0, yy = 0, xy = 0, dd = 0;
                for (var i = place * 12; i < (place + 1) * 12; i++) (xx, yy, xy, dd) = (xx + x[i] * x[i], yy + y[i] * y[i], xy + x[i] * y[i], dd + (y[i] - x[i]) * (y[i] - x[i]));
                distance += Math.Sqrt(dd / xx) / real.Length;
                angle += Math.Acos(xy / Math.Sqrt(xx * yy)) / real.Length;
            }
            Assert.AreEqual(distance, changes[block].Distance, 1e-4, $"block {block}");
            Assert.AreEqual(angle, changes[block].Angle, 1e-3, $"block {block}");
        }
    }

    [TestMethod]
    public void AModelMeasuresTextsAsTheMeanOverTheirTokens()
    {
        using var model = TestModel.Make();
        string[] texts = [.. TextRow.Make(40).Select(row => row.Text!)];
        var (all, first, rest) = (model.MeasureBlocks(texts), model.MeasureBlocks(texts[..32]), model.MeasureBlocks(texts[32..]));
        double Tokens(string[] some) => some.Sum(text => model.Tokenizer.Encode(text, null, model.Config.MaxPositions).Ids.Length);
        var (a, b) = (Tokens(texts[..32]), Tokens(texts[32..]));
        for (var block = 0; block < model.Config.Layers; block++)
        {
            Assert.AreEqual((a * first[block].Distance + b * rest[block].Distance) / (a + b), all[block].Distance, 1e-5);
            Assert.AreEqual((a * first[block].Angle + b * rest[block].Angle) / (a + b), all[block].Angle, 1e-5);
            Assert.IsTrue(all[block].Distance > 0 && all[block].Angle is > 0 and < Math.PI);
        }
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => model.MeasureBlocks([])).Message, "There are no texts to measure with");
    }

    private static ILayerSchedule With(AdaptiveLayerDrop schedule, params double[] distances) => schedule.Knowing([.. distances.Select(distance => new BlockChange(distance, 0))]);
}
