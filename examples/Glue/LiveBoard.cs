using Microsoft.ML.PLD;
using Spectre.Console;

namespace Glue;

/// <summary>A table that fills while it runs, on a terminal: a row a task, a column a model, and below them the run that is in progress.</summary>
internal sealed class LiveBoard : IBoard
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.25);

    private readonly IAnsiConsole _console;
    private readonly LiveDisplayContext _live;
    private readonly Func<Summary> _summary;
    private readonly int _runs;
    private int _number;

    private LiveBoard(IAnsiConsole console, LiveDisplayContext live, Func<Summary> summary, int runs) => (_console, _live, _summary, _runs) = (console, live, summary, runs);

    /// <param name="console">The terminal.</param>
    /// <param name="summary">What is known so far.</param>
    /// <param name="runs">How many runs there will be.</param>
    /// <param name="work">Is shown while it runs.</param>
    public static void Show(IAnsiConsole console, Func<Summary> summary, int runs, Action<IBoard> work) =>
        console.Live(new Markup("")).Start(live => work(new LiveBoard(console, live, summary, runs)));

    public RunWatch Begin(Arm arm, RunKey key) => new Watch(this, arm, key, $"run {++_number} of {_runs}: {BoardText.Name(arm.Name, key)}");

    public void Skip(Arm arm, RunResult result)
    {
        _number++;
        Update(null, "");
    }

    public void Say(string text) => _console.WriteLine(text); // above the table

    /// <summary>The table, with the state of the run in its cell.</summary>
    internal static Table Table(Summary summary, (string Arm, string Task, string State)? current, string caption)
    {
        var table = new Table { Border = TableBorder.Rounded, Caption = new TableTitle(Markup.Escape(caption)) };
        table.AddColumn("dev, %: best / mean (seeds)");
        foreach (var arm in summary.Arms) table.AddColumn(new TableColumn(Markup.Escape(arm)));
        foreach (var task in summary.Tasks)
            table.AddRow([Markup.Escape($"{task.Name} {string.Join(", ", task.Metrics)}"), .. summary.Arms.Select(arm => Cell(summary, arm, task, current))]);
        return table;
    }

    private static string Cell(Summary summary, string arm, GlueTask task, (string Arm, string Task, string State)? current)
    {
        var values = summary.MetricsOf(task).Select(metric => summary.Of(arm, task, metric)).OfType<Statistics>()
            .Select(of => of.Count == 1 ? BoardText.Percent(of.Best) : $"{BoardText.Percent(of.Best)} / {BoardText.Percent(of.Mean)}").ToArray();
        var known = values.Length > 0 ? $"{string.Join(", ", values)} ({summary.RunCount(arm, task)})" : summary.FailuresOf(arm, task).Count > 0 ? "failed" : "";
        return current is { } run && run.Arm == arm && run.Task == task.Name
            ? $"{Markup.Escape(known)}{(known.Length > 0 ? "\n" : "")}[yellow]{Markup.Escape(run.State)}[/]"
            : Markup.Escape(known);
    }

    private void Update((string Arm, string Task, string State)? current, string caption) => _live.UpdateTarget(Table(_summary(), current, caption));

    private sealed class Watch : RunWatch
    {
        private readonly LiveBoard _board;
        private readonly string _arm, _task, _caption;
        private readonly string _name;
        private DateTime _next = DateTime.MinValue;

        public Watch(LiveBoard board, Arm arm, RunKey key, string name)
        {
            (_board, _arm, _task, _name) = (board, arm.Name, key.Task, BoardText.Name(arm.Name, key));
            _caption = name;
            _board.Update((_arm, _task, "reading"), _caption);
        }

        public override void End(RunResult result) => _board.Update(null, _caption);

        protected override void Show(TrainingProgress value)
        {
            foreach (var notice in value.Notices.Where(BoardText.IsNews)) _board.Say($"{_name}: {notice}");
            if (DateTime.UtcNow < _next && value.Step < value.TotalSteps) return;
            _next = DateTime.UtcNow + Interval;
            _board.Update((_arm, _task, value.Step < value.TotalSteps ? BoardText.State(value) : "measuring"), _caption);
        }
    }
}
