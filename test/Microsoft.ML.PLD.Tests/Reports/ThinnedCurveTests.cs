using System.Text.Json;
using CsCheck;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ThinnedCurveTests
{
    [TestMethod]
    public void ALongCurveKeepsItsMeanItsExtremesAndItsLastPoint() => Gen.Double[-1e3, 1e3].Array[1, 700].Sample(values =>
    {
        var curve = new ThinnedCurve(capacity: 16);
        for (var i = 0; i < values.Length; i++) curve.Add(i + 1, values[i]);
        Assert.IsTrue(curve.Points.Count is > 0 and <= 16, $"{curve.Points.Count} points");
        Assert.AreEqual(values.Min(), curve.Points.Min(point => point.Lowest));
        Assert.AreEqual(values.Max(), curve.Points.Max(point => point.Highest));
        Assert.AreEqual((values[^1], values.Length), (curve.Last, curve.Points[^1].LastStep));
        Assert.AreEqual(values.Average(), curve.Points.Sum(point => point.Mean * point.Count) / values.Length, 1e-9);
        Assert.AreEqual(values.Length, curve.Points.Sum(point => point.Count));
        Assert.IsTrue(curve.Points.Zip(curve.Points.Skip(1)).All(pair => pair.First.LastStep + 1 == pair.Second.FirstStep), "no step is lost");
    });

    [TestMethod]
    public void AMillionStepsTakeAFewHundredPoints()
    {
        var curve = new ThinnedCurve();
        for (var step = 1; step <= 1_000_000; step++) curve.Add(step, step == 777_777 ? 99 : 1.0 / step);
        Assert.IsTrue(curve.Points.Count is >= 200 and <= ThinnedCurve.UsualCapacity);
        Assert.AreEqual(99, curve.Points.Max(point => point.Highest));
    }

    [TestMethod]
    public void WhatIsNoNumberIsLeftOut()
    {
        var curve = new ThinnedCurve();
        foreach (var (value, at) in new[] { 1, double.NaN, double.PositiveInfinity, 2 }.Select((value, at) => (value, at))) curve.Add(at + 1, value);
        CollectionAssert.AreEqual(new long[] { 1, 4 }, curve.Points.Select(point => point.FirstStep).ToArray());
    }

    [TestMethod]
    public void ACurveThatWasKeptAndCutGoesOnAsIfNothingHadBeen()
    {
        var (whole, kept) = (new ThinnedCurve(), new ThinnedCurve());
        for (var step = 1; step <= 300; step++)
        {
            whole.Add(step, Math.Round(Math.Sin(step), 3));
            if (step <= 250) kept.Add(step, Math.Round(Math.Sin(step), 3));
        }
        var json = new JsonSerializerOptions { Converters = { new ThinnedCurveConverter() } };
        var parts = JsonSerializer.Deserialize<ThinnedCurve>(JsonSerializer.Serialize(kept, json), json)!;
        parts.CutAfter(200);
        for (var step = 201; step <= 300; step++) parts.Add(step, Math.Round(Math.Sin(step), 3));
        CollectionAssert.AreEqual(whole.Points.ToArray(), parts.Points.ToArray());
    }

    [TestMethod]
    [DataRow("[[1,2],[1,3]]")] // not in order
    [DataRow("[[2,1,1,0,0,0,0]]")]
    [DataRow("[[1,2,3]]")]
    [DataRow("[[1,1e999]]")]
    [DataRow("[null]")]
    [DataRow("null")]
    [DataRow("{}")]
    public void AStrangersCurveIsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Holder>($$"""{"ThinnedCurve":{{json}}}""", new JsonSerializerOptions { Converters = { new ThinnedCurveConverter() }, RespectNullableAnnotations = true }));

    private sealed record Holder(ThinnedCurve ThinnedCurve);
}
