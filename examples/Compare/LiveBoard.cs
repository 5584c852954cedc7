using System.Globalization;
using Microsoft.ML.PLD;
using Spectre.Console;

namespace Compare;

/// <summary>A table that fills while it runs, on a terminal: a row an arm, a column a seed, and below them how long it will take.</summary>
internal sealed class LiveBoard : IBoard
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.25);

    private readonly IAnsiConsole _console;
    private readonly LiveDisplayContext _live;
    private readonly IReadOnlyList<Run> _runs;
    private readonly Func<Run, double> _reference;
    private readonly Dictionary<string, (double Share, string Text)> _states = [];
    private readonly DateTime _begin = DateTime.UtcNow;
    private double _doneBefore = double.NaN;
    private DateTime _next = DateTime.MinValue;

    private LiveBoard(IAnsiConsole console, LiveDisplayContext live, IReadOnlyList<Run> runs, Func<Run, double> reference) =>
        (_console, _live, _runs, _reference) = (console, live, runs, reference);

    /// <param name="console">The terminal.</param>
    /// <param name="runs">The runs there will be.</param>
    /// <param name="reference">About the reference time that a run takes.</param>
    /// <param name="work">Is shown while it runs.</param>
    public static void Show(IAnsiConsole console, IReadOnlyList<Run> runs, Func<Run, double> reference, Action<IBoard> work) =>
        console.Live(new Markup("")).Start(live => work(new LiveBoard(console, live, runs, reference)));

    public void Begin(Run run, long until)
    {
        if (double.IsNaN(_doneBefore)) _doneBefore = Done();
    }

    public void Step(Run run, TrainingProgress value)
    {
        foreach (var notice in value.Notices.Where(PlainBoard.IsNews)) Say($"{PlainBoard.Name(run)}: {notice}");
        _states[run.Id] = (value.Share, string.Create(CultureInfo.InvariantCulture, $"{value.Share:P0}, loss {value.Loss:F3}"));
        if (DateTime.UtcNow < _next) return;
        _next = DateTime.UtcNow + Interval;
        Update();
    }

    public void End(Run run, RunResult result)
    {
        _states[run.Id] = (1, result.FinalLoss is { } loss ? loss.ToString("F4", CultureInfo.InvariantCulture) : "failed");
        Update();
    }

    public void Say(string text) => _console.WriteLine(text); // above the table

    private double Done() => _runs.Sum(run => _reference(run) * _states.GetValueOrDefault(run.Id).Share);

    private void Update()
    {
        var table = new Table { Border = TableBorder.Rounded, Caption = new TableTitle(Markup.Escape(Remaining())) };
        table.AddColumn("held-out loss");
        ulong[] seeds = [.. _runs.Select(run => run.Seed).Distinct()];
        foreach (var seed in seeds) table.AddColumn($"seed {seed}");
        foreach (var arm in _runs.GroupBy(run => run.Arm.Name))
            table.AddRow([Markup.Escape(arm.Key), .. seeds.Select(seed => Markup.Escape(arm.Where(run => run.Seed == seed).Select(run => _states.GetValueOrDefault(run.Id).Text).FirstOrDefault() ?? ""))]);
        _live.UpdateTarget(table);
    }

    private string Remaining()
    {
        var (whole, done) = (_runs.Sum(_reference), Done());
        var now = done - _doneBefore;
        if (!(now > 0)) return "";
        var left = (DateTime.UtcNow - _begin) * ((whole - done) / now);
        return string.Create(CultureInfo.InvariantCulture, $"{done / whole:P0} of the training; about {(left.TotalHours >= 2 ? $"{left.TotalHours:F1} h" : $"{left.TotalMinutes:F0} min")} left");
    }
}
