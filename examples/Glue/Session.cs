using Microsoft.ML.PLD;
using Spectre.Console;

namespace Glue;

/// <summary>One start of the program, from reading the data to the reports.</summary>
internal sealed class Session(Settings settings, string? json)
{
    private const int Files = 11;

    /// <returns>The exit code: 1 if runs have failed.</returns>
    /// <exception cref="UsageException">A task, model or device is not there.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        var tasks = Tasks(out var skipped);
        using var arms = new Arms(settings.Models);
        foreach (var line in skipped) Console.WriteLine(line);
        var runtime = Resolved(settings.Precision);
        var work = new WorkFolder(settings.Work);
        if (settings.Fresh)
            foreach (var path in work.SetAside()) Console.WriteLine($"Set aside: {path}");
        var store = new ResultStore(work.Results);
        if (store.TornLines > 0) Console.WriteLine($"{store.TornLines} line(s) of {work.Results} cannot be read, or are of an older version of this example, and do not count.");

        Benchmark? benchmark = null;
        var (console, runs) = (AnsiConsole.Console, tasks.Sum(data => settings.RunsFor(data.Task)) * arms.All.Count);
        var conditions = Conditions.Of(settings, runtime, arms.All, tasks);
        var live = console.Profile.Out.IsTerminal && console.Profile.Capabilities is { Ansi: true, Interactive: true };
        if (live) LiveBoard.Show(console, () => benchmark!.Summary(), runs, Train);
        else
        {
            Train(new PlainBoard(Console.WriteLine, runs));
            console.Write(LiveBoard.Table(benchmark!.Summary(), current: null, caption: ""));
        }

        Report();
        if (json is not null) WholeFile.Write(json, JsonReport.Of(benchmark!.Summary()));
        Conclude(benchmark!, arms.All, work);
        return benchmark!.Summary().Failed.Count > 0 ? 1 : 0;

        void Train(IBoard board)
        {
            benchmark = new Benchmark(settings, runtime, work, store, arms.All, tasks, new TaskData(GlueTasks.ByName("AX"), settings.Data), board);
            benchmark.Run(Report, cancellationToken);
        }

        void Report() => ReportFiles.Write(work, benchmark!.Summary(), conditions);
    }

    // Now: a run's key says what it computed with, on whichever machine.
    private static RuntimeOptions Resolved(Precision precision)
    {
        try
        {
            return new RuntimeOptions { Precision = precision }.Resolve();
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException)
        {
            throw new UsageException(problem.Message);
        }
    }

    private IReadOnlyList<TaskData> Tasks(out IReadOnlyList<string> skipped)
    {
        try
        {
            TaskData[] wanted = [.. (settings.AllTasks ? GlueTasks.All.SkipLast(1) : settings.Tasks.Select(GlueTasks.ByName).Where(task => task.Name != "AX")).Distinct().Select(task => new TaskData(task, settings.Data))];
            TaskData[] there = [.. wanted.Where(data => data.Missing is null)];
            skipped = [.. wanted.Where(data => data.Missing is not null).Select(data => $"Skipped: {data.Missing}.")];
            if (!settings.AllTasks && skipped.Count > 0) throw new UsageException($"--tasks: {string.Join("; ", wanted.Select(data => data.Missing).OfType<string>())}. GLUE's data come from https://gluebenchmark.com/tasks.");
            var asksForDiagnostics = settings.Tasks.Contains("AX", StringComparer.OrdinalIgnoreCase);
            if (asksForDiagnostics && there.All(data => data.Task.Name != "MNLI")) throw new UsageException("--tasks: AX has no training set; the model of MNLI predicts it. Name MNLI too.");
            return there.Length > 0 ? there : throw new UsageException($"--data has none of GLUE's tasks: {string.Join("; ", skipped)}");
        }
        catch (ArgumentException problem)
        {
            throw new UsageException($"--tasks: {problem.Message.Split(" (Parameter")[0]}");
        }
    }

    private void Conclude(Benchmark benchmark, IReadOnlyList<Arm> arms, WorkFolder work)
    {
        if (Origins.Caution(benchmark.Summary()) is { } caution) Console.WriteLine(caution);
        if (benchmark.Summary().Failed is { Count: > 0 } failed) Console.WriteLine($"{failed.Count} run(s) failed; the reports list them. --retry tries them again.");
        Console.WriteLine($"Averages over what was run, and all the rest: {work.Of("report.html")} (also .md and .csv).");
        if (!settings.Submission) return;
        foreach (var arm in arms)
        {
            var (predictions, notes) = benchmark.Submission(arm);
            foreach (var note in notes) Console.WriteLine(note);
            if (predictions.Count == 0) continue;
            try
            {
                GlueSubmission.Write(work.Submission(arm.Name), predictions);
                Console.WriteLine($"Submission of {arm.Name}, {predictions.Count} of {Files} files{(predictions.Count < Files ? ", and GLUE's server wants all" : "")}: {work.Submission(arm.Name)}");
            }
            catch (ArgumentException problem)
            {
                Console.WriteLine($"No submission of {arm.Name}: {problem.Message}");
            }
        }
    }
}
