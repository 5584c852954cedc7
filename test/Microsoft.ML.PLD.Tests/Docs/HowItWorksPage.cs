namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of docs/how-it-works.md.</summary>
[TestClass]
[DoNotParallelize]
public sealed class HowItWorksPage : DocumentPage
{
    [TestMethod]
    public void AStepAndItsPlan()
    {
        #region plan
        var schedule = new ProgressiveLayerDrop(thetaBar: 0.5);
        const long steps = 10_000;
        foreach (long step in new long[] { 0, 50, 100, 500 })
        {
            double[] keep = schedule.KeepProbabilities(step, steps, layers: 12);
            LayerPlan plan = schedule.PlanAt(step, steps, layers: 12, seed: 1);
            Console.WriteLine($"step {step}: theta {schedule.Theta(step, steps):F2}, block 12 is kept with probability {keep[11]:F2}, run: {string.Join(' ', plan.Runs.Select(run => run.Block + 1))}");
        }
        #endregion

        Assert.Contains($"```text\n{Printed.ReplaceLineEndings("\n")}```", Documents.Text("docs/how-it-works.md"));
    }

    [TestMethod]
    public void AScheduleOfOnesOwn()
    {
        var mlContext = new MLContext(seed: 1);
        IDataView texts = mlContext.Data.LoadFromEnumerable(TextRow.Make(12));

        #region use
        var options = new PldBertEstimator.Options { Pretraining = new() { LayerSchedule = new UpperHalfEverySecondStep() } };
        using var encoder = mlContext.Transforms.PldBert("Features", "Text", options).Fit(texts);
        #endregion

        Assert.HasCount(12, new UpperHalfEverySecondStep().PlanAt(0, 10, 12, 1).Runs);
        Assert.HasCount(6, new UpperHalfEverySecondStep().PlanAt(1, 10, 12, 1).Runs);
    }

    #region schedule
    /// <summary>All blocks in even steps, the lower half in odd ones.</summary>
    internal sealed record UpperHalfEverySecondStep : ILayerSchedule
    {
        public double[] KeepProbabilities(long step, long totalSteps, int layers) =>
            [.. Enumerable.Range(0, layers).Select(block => step % 2 == 0 || block < layers / 2 ? 1.0 : 0.0)];

        public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
        {
            double[] keep = KeepProbabilities(step, totalSteps, layers);
            return new LayerPlan(layers, Enumerable.Range(0, layers).Where(block => keep[block] == 1).Select(block => new BlockRun(block, Scale: 1)), expectedShare: keep.Average());
        }
    }
    #endregion
}
