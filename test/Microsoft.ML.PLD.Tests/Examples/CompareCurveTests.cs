using Compare;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CompareCurveTests
{
    [TestMethod]
    public void AKillTearsALineAndNoMore()
    {
        using var folder = new TemporaryFolder();
        var path = folder["curve.jsonl"];
        using (var curve = new Curve(path))
        {
            Assert.AreEqual(0, curve.LastStep);
            curve.Add(Point(1));
            curve.Add(Point(2) with { Validation = 3.5 });
        }
        File.AppendAllText(path, """{"Step":3,"Lo""");
        using (var curve = new Curve(path))
        {
            Assert.AreEqual(2, curve.LastStep);
            Assert.AreEqual(3.5, curve.At(2)!.Validation);
            curve.Add(Point(2) with { Validation = 3.25 }); // taken again from a checkpoint
            curve.Add(Point(3));
        }
        using var read = new Curve(path);
        CollectionAssert.AreEqual(new[] { Point(1), Point(2) with { Validation = 3.25 }, Point(3) }, read.Points.ToArray());
        Assert.IsNull(read.At(4));
    }

    [TestMethod]
    public void NumbersThatAreNoneAreLeftOut()
    {
        var point = CurvePoint.Of(new TrainingProgress { Stage = "Pre-training", Step = 1, TotalSteps = 2, Loss = double.NaN, LearningRate = 1e-3, ValidationLoss = double.PositiveInfinity });
        Assert.IsNull(point.Loss);
        Assert.IsNull(point.Validation);
    }

    [TestMethod]
    public void ARunIsTheSumOfItsSteps()
    {
        using var folder = new TemporaryFolder();
        var config = CompareRuns.Config();
        var run = new Run(config.Arms[1], 1, 4, "pld");
        var times = new ReferenceTimes(1, 1, Enum.GetValues<PlanKind>().ToDictionary(kind => kind, _ => 2.0), []);
        using var curve = new Curve(folder["curve.jsonl"]);
        // What was spent counts, not what was to be; of the third step, which is missing, the plan.
        curve.Add(Point(1) with { Share = 0.5, Seconds = 2 });
        curve.Add(Point(2) with { Share = 0.5, Seconds = 4, Validation = 5 });
        curve.Add(Point(4) with { Share = 1, Seconds = 9, Validation = 4 });
        var planned = run.Arm.Training.LayerSchedule.PlanAt(2, 4, 4, 1).ActualShare;
        var result = RunTotals.Of(run, curve, times, null, [new(1, 2)]);
        var dense = BlockFlops.OfDenseStep(run.Arm);
        Assert.AreEqual((4L, 32L, 9.0, 4.0), (result.Steps, result.Samples, result.WallSeconds, result.FinalLoss!.Value));
        Assert.AreEqual(dense * (2 + planned), result.BlockFlops, 1e-6 * dense);
        Assert.AreEqual(4 + 2 * (2 + planned), result.ReferenceSeconds, 1e-6);
        Assert.AreEqual((2L, 16L, 4.0), (result.Validations[0].Step, result.Validations[0].Samples, result.Validations[0].ReferenceSeconds));
        Assert.AreEqual(2, result.Trace[0].Blocks, 1e-12);
        Assert.HasCount(3, result.Trace);

        var failed = RunTotals.Of(run with { Steps = 9 }, curve, times, "Training has diverged.", []);
        Assert.AreEqual((32L, (double?)null), (failed.Samples, failed.FinalLoss));
    }

    [TestMethod]
    public void ResultsAreKeptByWhatTheyDependOn()
    {
        var config = CompareRuns.Config();
        var (arm, runtime) = (config.Arms[1], new RuntimeOptions { Device = "cpu", Precision = Precision.Float32 });
        var run = Run.Of(arm, 1, 100, config, runtime, "text");
        Assert.StartsWith("pld-seed1-", run.Id);
        Assert.AreEqual(run.Id, Run.Of(CompareRuns.Config().Arms[1], 1, 100, config, runtime, "text").Id);
        string[] others =
        [
            Run.Of(arm, 2, 100, config, runtime, "text").Id[^8..], Run.Of(arm, 1, 99, config, runtime, "text").Id[^8..], Run.Of(arm, 1, 100, config, runtime, "other").Id[^8..],
            Run.Of(arm with { Schedule = "x" }, 1, 100, config, runtime, "text").Id[^8..], Run.Of(arm with { Model = arm.Model with { Layers = 5 } }, 1, 100, config, runtime, "text").Id[^8..],
            Run.Of(arm with { Training = arm.Training with { BatchSize = 9 } }, 1, 100, config, runtime, "text").Id[^8..], Run.Of(arm, 1, 100, config with { Validations = 9 }, runtime, "text").Id[^8..],
        ];
        CollectionAssert.AllItemsAreUnique(others.Append(run.Id[^8..]).ToArray());

        using var folder = new TemporaryFolder();
        var result = CompareRuns.Run("pld", 1, 4, 3) with { Blocks = [new BlockChange(0.5, 0.25), new BlockChange(double.NaN, 1)] };
        JsonFile.Write(folder["result.json"], result);
        var read = JsonFile.Read<RunResult>(folder["result.json"])!;
        Assert.AreEqual(3, read.FinalLoss);
        CollectionAssert.AreEqual(result.Blocks.ToArray(), read.Blocks.ToArray());
        CollectionAssert.AreEqual(result.Validations.ToArray(), read.Validations.ToArray());
        Assert.IsNull(JsonFile.Read<RunResult>(folder["none.json"]));
    }

    [TestMethod]
    [DataRow(40, 6, 7)]
    [DataRow(40, 40, 1)]
    [DataRow(3, 20, 1)]
    public void EveryRunIsValidatedAsOften(long steps, int validations, long interval) => Assert.AreEqual(interval, new Run(CompareRuns.Config().Arms[0], 1, steps, "").ValidationInterval(validations));

    private static CurvePoint Point(long step) => new(step, 6.5, 0.75, 0.5, 3, step, null);
}
