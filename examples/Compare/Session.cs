using Glue;
using Microsoft.ML.PLD;
using Spectre.Console;

namespace Compare;

/// <summary>One start of the program, from the config to the reports.</summary>
/// <param name="config">What is compared.</param>
/// <param name="workFolder">Where everything goes.</param>
/// <param name="glue">Folders with tasks of GLUE.</param>
/// <param name="precision">The number format.</param>
/// <param name="fresh">Whether all begins anew.</param>
/// <param name="json">Where the results go, too; null: nowhere.</param>
internal sealed class Session(ComparisonConfig config, string workFolder, IReadOnlyList<string> glue, Precision precision, bool fresh, string? json)
{
    /// <returns>The exit code: 1 if runs have diverged.</returns>
    /// <exception cref="UsageException">Something is not there.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        var runtime = Resolved();
        var work = new WorkFolder(workFolder);
        if (fresh)
            foreach (var path in work.SetAside()) Console.WriteLine($"Set aside: {path}");
        var downstream = config.Downstream is { } tasks ? new Downstream(tasks, glue, runtime, work, cancellationToken) : null;
        downstream?.Check();
        var text = PreparedText.Of(config.Source, work, new FileHashes(cancellationToken), Console.WriteLine, cancellationToken);
        var times = Times(text, runtime, work, cancellationToken);
        var budget = new StepBudget(config, TimesOf);
        Run[] runs = [.. config.Seeds.SelectMany(seed => config.Arms.Select(arm => Compare.Run.Of(arm, seed, budget.StepsOf(arm, seed), config, runtime, text.Fingerprint)))];
        var pretraining = new Pretraining(config, text, runtime, work, cancellationToken);
        string[] conditions =
        [
            $"text: {text.Description()}",
            FormattableString.Invariant($"budget: {Figures.InWords(config.Budget)}, that of {config.Steps} steps of the baseline; seeds: {string.Join(", ", config.Seeds)}; {config.Slices} slices a run, the arms in turn"),
            FormattableString.Invariant($"held-out loss: {config.Baseline.Training.ValidationSequences} sequences, the same with the same masks for all arms, seeds and steps; {config.Validations} validations a run"),
            .. downstream is null ? Array.Empty<string>() : [$"downstream: {downstream.Description()}"],
            $"precision: {runtime.Precision}; device: {runtime.Device}",
            $"this report was written by build {Compare.Run.LibraryBuild} on {ThisMachine.Name}",
        ];

        Comparison? comparison = null;
        var console = AnsiConsole.Console;
        if (console.Profile.Out.IsTerminal && console.Profile.Capabilities is { Ansi: true, Interactive: true }) LiveBoard.Show(console, runs, run => run.Steps * TimesOf(run.Arm).Dense, Train);
        else Train(new PlainBoard(Console.WriteLine, runs.Length));

        return Tell(comparison!.Summary(), work, json);

        ReferenceTimes TimesOf(Arm arm) => times[ReferenceProbe.KindOf(arm)];

        void Train(IBoard board)
        {
            comparison = new Comparison(config, TimesOf, runs, pretraining, downstream, board);
            comparison.Run(() =>
            {
                var known = comparison.Summary();
                CompareFiles.Write(work, known, OfTheseArms(times), conditions);
                LogArchive.Write(work, config.Json, comparison.Ended, known.Scores, OfTheseArms(times), conditions);
            });
        }
    }

    /// <summary>Makes a report again from its logs.</summary>
    /// <param name="logs">The archive.</param>
    /// <param name="workFolder">Where the report goes; empty.</param>
    /// <param name="baseline">The arm that the others are held against; null: the first one.</param>
    /// <param name="json">Where the results go, too; null: nowhere.</param>
    /// <returns>The exit code: 1 if runs have diverged.</returns>
    /// <exception cref="UsageException">It is no archive, the folder is not empty, or no arm has that name.</exception>
    public static int Again(string logs, string workFolder, string? baseline, string? json)
    {
        var work = new WorkFolder(workFolder);
        var (summary, times, conditions) = LogArchive.Read(logs, work);
        if (baseline is not null && baseline != summary.Baseline)
        {
            conditions = [.. conditions, $"held against {baseline} here; the budget was {summary.Baseline}'s"];
            summary = summary with { Config = summary.Config.Against(baseline) };
        }
        CompareFiles.Write(work, summary, times, conditions);
        return Tell(summary, work, json);
    }

    private static int Tell(Summary summary, WorkFolder work, string? json)
    {
        if (json is not null) WholeFile.Write(json, CompareJson.Of(summary));
        foreach (var line in Verdict.Of(summary)) Console.WriteLine(line);
        Console.WriteLine($"Tables and plots: {work.Of("report.html")} (also .md).");
        return summary.Results.Any(result => result.FinalLoss is null) ? 1 : 0;
    }

    private RuntimeOptions Resolved()
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

    // What was timed in an earlier session stays: the steps of finished runs follow from it.
    private IReadOnlyDictionary<string, ReferenceTimes> Times(PreparedText text, RuntimeOptions runtime, WorkFolder work, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, ReferenceTimes>(ReferenceFile.Read(work.ReferenceTimes));
        IGrouping<string, Arm>[] missing = [.. config.Arms.GroupBy(ReferenceProbe.KindOf).Where(kind => !known.ContainsKey(kind.Key))];
        if (missing.Length == 0) return known;
        foreach (var (kind, measured) in new ReferenceProbe(text, runtime, cancellationToken).Measure(missing, config.ReferenceRounds, Console.WriteLine)) known[kind] = measured;
        ReferenceFile.Write(work.ReferenceTimes, known);
        return known;
    }

    private Dictionary<string, ReferenceTimes> OfTheseArms(IReadOnlyDictionary<string, ReferenceTimes> times) =>
        config.Arms.Select(ReferenceProbe.KindOf).Distinct().ToDictionary(kind => kind, kind => times[kind]);
}
