using System.Globalization;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class OptionValuesTests
{
    [TestMethod]
    public void AllOptionsAreNamedInAnyCulture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            foreach (var culture in new[] { "", "de-DE", "ar-SA", "fa-IR" })
            {
                CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
                var values = OptionValues.Of(new PretrainingOptions { LayerSchedule = new ProgressiveLayerDrop(0.7), Seed = ulong.MaxValue }, without: [nameof(PretrainingOptions.Steps)]).ToDictionary();
                Assert.AreEqual("0.7", values["LayerSchedule.ThetaBar"]);
                Assert.AreEqual("Paper", values["LayerSchedule.DepthRule"]);
                Assert.AreEqual("0.001", values["LearningRate.Peak"]);
                Assert.AreEqual("18446744073709551615", values["Seed"]);
                Assert.IsFalse(values.ContainsKey("Steps"));
                // Each public option is there, itself or by its parts.
                foreach (var option in typeof(PretrainingOptions).GetProperties().Where(property => property.CanWrite && property.Name != nameof(PretrainingOptions.Steps)))
                    Assert.IsTrue(values.Keys.Any(name => name == option.Name || name.StartsWith(option.Name + ".", StringComparison.Ordinal)), option.Name);
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void SchedulesOfUsersDifferByTheirPlans()
    {
        static string Plans(ILayerSchedule schedule) => OptionValues.OfPlans(schedule, 1_000, 12, 1).Single().Value;
        Assert.AreEqual(Plans(new ProgressiveLayerDrop(0.5)), Plans(new ProgressiveLayerDrop(0.5)));
        Assert.AreNotEqual(Plans(new ProgressiveLayerDrop(0.5)), Plans(new ProgressiveLayerDrop(0.6)));
        Assert.AreNotEqual(Plans(new EveryOther(0)), Plans(new EveryOther(1)));
        var values = OptionValues.Of(new PretrainingOptions { LayerSchedule = new EveryOther(1) }).ToDictionary();
        StringAssert.Contains(values["LayerSchedule.$Type"], nameof(EveryOther));
    }

    [TestMethod]
    public void DifferencesAreListedUnlessAllowedByNameOrBeginning()
    {
        Dictionary<string, string> before = new() { ["A"] = "1", ["B.C"] = "2", ["B.D"] = "3", ["BE"] = "4" }, now = new() { ["A"] = "1", ["B.C"] = "5", ["BE"] = "6", ["F"] = "7" };
        CollectionAssert.AreEqual(
            new[] { "B.C: 2 in the checkpoint, 5 now", "B.D: 3 in the checkpoint, nothing now", "BE: 4 in the checkpoint, 6 now", "F: nothing in the checkpoint, 7 now" },
            OptionValues.Differences(before, now, []).ToArray());
        CollectionAssert.AreEqual(new[] { "BE: 4 in the checkpoint, 6 now" }, OptionValues.Differences(before, now, ["B", "F"]).ToArray());
        Assert.ThrowsExactly<ArgumentException>(() => OptionValues.Differences(before, now, ["b"]));
    }

    // Has nothing to be told by but its plans, and a property that cannot be written.
    private sealed class EveryOther(int first) : ILayerSchedule
    {
        public Action Unwritable { get; } = () => { };

        public double[] KeepProbabilities(long step, long totalSteps, int layers) => [.. Enumerable.Range(0, layers).Select(block => block % 2 == first ? 1.0 : 0)];

        public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed) =>
            new(layers, Enumerable.Range(0, layers).Where(block => block % 2 == first).Select(block => new BlockRun(block, 1)), 0.5);
    }
}
