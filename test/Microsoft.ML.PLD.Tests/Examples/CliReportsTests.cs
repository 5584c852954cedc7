using System.Text.Json.Nodes;
using Cli;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class CliReportsTests
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _errors = new();

    [TestCleanup]
    public void Delete()
    {
        _folder.Dispose();
        _errors.Dispose();
    }

    [TestMethod]
    public void WarningsOfTheLibraryAreShownOnce()
    {
        var mlContext = new MLContext(1);
        using var reports = new TrainingReports(Run(), tensorBoard: null, "Training");
        reports.ShowWarningsOf(mlContext, _errors);
        using var channel = ((IChannelProvider)mlContext).Start("a test");
        channel.Info("Nothing of note.");
        for (var time = 1; time <= 2; time++) channel.Warning("Validate.");
        channel.Warning("Fine-tuning 12: The loss leaps."); // which the console has had, as all that is said of steps
        channel.Warning("Fine-tuning: Memory is short.");
        Assert.AreEqual($"Warning: Validate.{Environment.NewLine}", _errors.ToString());
    }

    [TestMethod]
    public void AReportThatCannotBeWrittenIsSaidInTheEnd()
    {
        var run = Run();
        using var reports = new TrainingReports(run, tensorBoard: null, "Training");
        Assert.IsTrue(reports.TellFailures(_errors));
        Assert.AreEqual("", _errors.ToString());
        Directory.CreateDirectory(run.Report); // where the page should go
        reports.Report(new TrainingProgress { Stage = "Training", Step = 1, TotalSteps = 2, Loss = 1, LearningRate = 1e-3 });
        Assert.IsFalse(reports.TellFailures(_errors));
        Assert.StartsWith($"Warning: the report '{run.Report}' could not be written to its end: ", _errors.ToString());
    }

    [TestMethod]
    public void TheFirstStepTakesTheSettings()
    {
        Directory.CreateDirectory(Path.Combine(Run().Checkpoints, "step-0000000001"));
        var run = Run(changes: ["Seed"]);
        using var reports = new TrainingReports(run, tensorBoard: null, "Training");
        Assert.DoesNotContain("Seed", File.ReadAllText(run.Asked));
        reports.Report(new TrainingProgress { Stage = "Training", Step = 1, TotalSteps = 2, Loss = 1, LearningRate = 1e-3 });
        Assert.Contains("Seed", File.ReadAllText(run.Asked));
    }

    private RunFolder Run(params string[] changes) =>
        RunFolder.Open("pretrain", _folder["run"], new JsonObject { ["changes"] = string.Concat(changes), [InputFingerprints.Field] = new JsonObject() }, [], fresh: false, changes);
}
