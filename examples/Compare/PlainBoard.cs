using System.Globalization;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Plain lines, as for the log of a build server.</summary>
/// <param name="write">Takes a line.</param>
/// <param name="runs">How many runs there will be.</param>
internal sealed class PlainBoard(Action<string> write, int runs) : IBoard
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private DateTime _next = DateTime.UtcNow + Interval;
    private int _ended;

    public void Begin(Run run, long until)
    {
    }

    public void Step(Run run, TrainingProgress value)
    {
        foreach (var notice in value.Notices.Where(IsNews)) write($"{Name(run)}: {notice}");
        if (DateTime.UtcNow < _next) return;
        _next = DateTime.UtcNow + Interval;
        write(string.Create(CultureInfo.InvariantCulture, $"{Name(run)}: step {value.Step} of {run.Steps}, loss {value.Loss:F3}"));
    }

    public void End(Run run, RunResult result) => write($"[{++_ended}/{runs}] {Name(run)}: {Outcome(result)}");

    public void Say(string text) => write(text);

    internal static string Name(Run run) => $"{run.Arm.Name}, seed {run.Seed}";

    internal static string Outcome(RunResult result) => result.Failure is { } failure ? $"failed: {failure}"
        : string.Create(CultureInfo.InvariantCulture, $"validation loss {result.FinalLoss:F4} after {result.Steps} steps, {result.ReferenceSeconds:F1} s reference time, {result.WallSeconds:F1} s by the clock");

    // That checkpoints are written and slices go on is none.
    internal static bool IsNews(string notice) => !notice.StartsWith("Wrote checkpoint '", StringComparison.Ordinal) && !notice.StartsWith("Resumed from checkpoint '", StringComparison.Ordinal);
}
