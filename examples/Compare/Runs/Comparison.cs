namespace Compare;

/// <summary>Trains all arms with all seeds, in turns; what has ended already is not done again.</summary>
/// <param name="config">What is compared.</param>
/// <param name="times">The reference times of an arm.</param>
/// <param name="runs">The runs: of each seed, one for each arm.</param>
/// <param name="pretraining">Trains.</param>
/// <param name="downstream">Fine-tunes; null: there are no tasks.</param>
/// <param name="board">What people see.</param>
internal sealed class Comparison(
    ComparisonConfig config, Func<Arm, ReferenceTimes> times, IReadOnlyList<Run> runs, Pretraining pretraining, Downstream? downstream, IBoard board)
{
    private readonly Dictionary<Run, RunResult> _results = [];
    private readonly Dictionary<(Run Run, string Task), DownstreamScore> _scores = [];

    /// <summary>What is known so far.</summary>
    public Summary Summary() => new(config, [.. runs.Where(_results.ContainsKey).Select(run => _results[run])], [.. _scores.Values]);

    /// <summary>The runs that have ended.</summary>
    public IReadOnlyList<Run> Ended => [.. runs.Where(_results.ContainsKey)];

    /// <param name="finished">Called when all arms have ended with a seed.</param>
    /// <exception cref="OperationCanceledException">The program is to end.</exception>
    public void Run(Action finished)
    {
        foreach (var run in runs)
            if (pretraining.Result(run) is { } known) End(run, known);
        // Seed by seed, so that there is something to see early; within a seed by turns, so that a slow hour meets all arms.
        foreach (var seed in runs.GroupBy(run => run.Seed))
        {
            for (var slice = 1; slice <= config.Slices; slice++)
                foreach (var run in seed.Where(run => !_results.ContainsKey(run)))
                {
                    var until = (run.Steps * slice + config.Slices - 1) / config.Slices;
                    board.Begin(run, until);
                    if (pretraining.Advance(run, until, times(run.Arm), value => board.Step(run, value)) is { } result) End(run, result);
                }
            foreach (var run in seed)
                if (_results[run].Failure is null) FineTune(run);
            finished();
        }
    }

    private void FineTune(Run run)
    {
        foreach (var task in config.Downstream?.Tasks ?? [])
        {
            if (downstream!.Known(run, task) is not { } score)
            {
                if (!Directory.Exists(pretraining.ModelFolder(run)))
                {
                    board.Say($"{run.Arm.Name}, seed {run.Seed}, has no score on {task}: its encoder is not in the work folder (archives of logs have none)");
                    continue;
                }
                board.Say($"Fine-tuning {run.Arm.Name}, seed {run.Seed}, on {task}");
                score = downstream.Score(run, pretraining.ModelFolder(run), task);
            }
            _scores[(run, task)] = score;
        }
    }

    private void End(Run run, RunResult result)
    {
        _results[run] = result;
        board.End(run, result);
    }
}
