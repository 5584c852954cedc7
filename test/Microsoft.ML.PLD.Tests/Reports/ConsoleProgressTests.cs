using System.Text.RegularExpressions;
using Spectre.Console;

namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed partial class ConsoleProgressTests
{
    private readonly StringWriter _output = new() { NewLine = "\n" };

    [TestMethod]
    public void WithoutATerminalItWritesWholePlainLines()
    {
        using (var progress = new ConsoleProgress(ConsoleOn(_output, ansi: false), live: false, new ManualClock()))
            for (var step = 1; step <= 3; step++)
                progress.Report(ProgressTextTests.Example with { Step = step, TotalSteps = 3 });
        Assert.AreEqual(
            "Pre-training 1/3 (33 %): loss 7.213, learning rate 9.8e-4, theta 0.74, 10/12 blocks, 12,340 tokens/s, 3 min 20 s left\n"
            + "Pre-training 3/3 (100 %): loss 7.213, learning rate 9.8e-4, theta 0.74, 10/12 blocks, 12,340 tokens/s\n", _output.ToString());
    }

    [TestMethod]
    public void OnATerminalEachStageLeavesItsBarWithTheLastFigures()
    {
        using (var progress = new ConsoleProgress(ConsoleOn(_output, ansi: true), live: true))
        {
            for (var step = 1; step <= 50; step++)
                progress.Report(ProgressTextTests.Example with { Step = step, TotalSteps = 50, Loss = 9 - step * .01, ValidationAccuracy = step == 20 ? .25 : null });
            for (var step = 1; step <= 8; step++) // stopped early
                progress.Report(new() { Stage = "Fine-tuning [banking77]", Step = step, TotalSteps = 20, Loss = 3 - step * .1, LearningRate = 2e-5 });
            Assert.IsNull(progress.Failure);
        }

        var frames = LastFrames(_output.ToString());
        Assert.HasCount(2, frames);
        StringAssert.Matches(frames[0], PretrainingDone());
        StringAssert.Matches(frames[1], FineTuningStopped());
    }

    [TestMethod]
    public void AReportAfterAStagesEndIsALineAndNotASecondBar()
    {
        using var progress = new ConsoleProgress(ConsoleOn(_output, ansi: true), live: true);
        progress.Report(ProgressTextTests.Example with { Step = 1, TotalSteps = 2 });
        progress.Report(ProgressTextTests.Example with { Step = 2, TotalSteps = 2 });
        progress.Report(ProgressTextTests.Example with { Step = 2, TotalSteps = 2, ValidationLoss = 6.5, ValidationAccuracy = .5 });
        StringAssert.EndsWith(_output.ToString(), ", validation loss 6.500, validation accuracy 50.0 %\n");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void ATerminalThatFailsDoesNotStopTheTraining(bool live)
    {
        var progress = new ConsoleProgress(ConsoleOn(new BrokenWriter(), ansi: live), live);
        for (var step = 1; step <= 3; step++) progress.Report(ProgressTextTests.Example with { Step = step, TotalSteps = 3 });
        progress.Dispose();
        Assert.IsInstanceOfType<IOException>(progress.Failure);
    }

    // The last frame of each bar: what a terminal shows in the end, without escape sequences.
    private static string[] LastFrames(string output) =>
        [.. output.Split("\e[?25h", StringSplitOptions.RemoveEmptyEntries).Select(bar => Escapes().Replace(bar[LastStart(bar)..], "").ReplaceLineEndings("\n"))];

    private static int LastStart(string bar) => Math.Max(bar.LastIndexOf("Pre-training", StringComparison.Ordinal), bar.LastIndexOf("Fine-tuning", StringComparison.Ordinal));

    private static IAnsiConsole ConsoleOn(TextWriter output, bool ansi)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = ansi ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = ansi ? 160 : 20;
        return console;
    }

    [GeneratedRegex(@"^Pre-training \S+ +100%\s*\nloss 8\.500, learning rate 9\.8e-4, theta 0\.74, 10/12 blocks, 12,340 tokens/s, validation accuracy 25\.0 %\s*$")]
    private static partial Regex PretrainingDone();

    [GeneratedRegex(@"^Fine-tuning \[banking77\] \S+ +40%\s*\nloss 2\.200, learning rate 2\.0e-5\s*$")]
    private static partial Regex FineTuningStopped();

    [GeneratedRegex(@"\e\[[0-9;?]*[a-zA-Z]|\r(?!\n)")]
    private static partial Regex Escapes();

    private sealed class BrokenWriter : StringWriter
    {
        public override void Write(char value) => throw new IOException("closed");

        public override void Write(string? value) => throw new IOException("closed");

        public override void Write(char[] buffer, int index, int count) => throw new IOException("closed");

        public override void Write(ReadOnlySpan<char> buffer) => throw new IOException("closed");

        public override void WriteLine(string? value) => throw new IOException("closed");
    }
}
