using Spectre.Console;

namespace Microsoft.ML.PLD;

/// <summary>One stage's bar on a terminal, with its figures beneath. It draws itself a few times a second, on a thread of its own.</summary>
internal sealed class LiveBar : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _drawing;
    private volatile TrainingProgress _latest;

    public LiveBar(IAnsiConsole console, TrainingProgress first)
    {
        (_latest, Stage) = (first, first.Stage);
        _drawing = Task.Run(() => DrawAsync(console));
    }

    public string Stage { get; }

    /// <summary>Has the report drawn at the next turn; costs no more than an assignment.</summary>
    public void Show(TrainingProgress report) => _latest = report with
    {
        // The last validation stays in sight until the next.
        ValidationLoss = report.ValidationLoss ?? _latest.ValidationLoss,
        ValidationAccuracy = report.ValidationAccuracy ?? _latest.ValidationAccuracy,
        ValidationNextSentenceAccuracy = report.ValidationNextSentenceAccuracy ?? _latest.ValidationNextSentenceAccuracy,
        ValidationMetric = report.ValidationMetric ?? _latest.ValidationMetric,
    };

    /// <summary>Draws the last report and leaves it on the terminal.</summary>
    public void Dispose()
    {
        _finished.TrySetResult();
        _drawing.GetAwaiter().GetResult();
    }

    private Task DrawAsync(IAnsiConsole console)
    {
        var progress = console.Progress().AutoRefresh(false).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn());
        progress.RenderHook = (bar, _) => new Rows(bar, new Text(ProgressText.Figures(_latest)));
        return progress.StartAsync(async context =>
        {
            var bar = context.AddTask(Markup.Escape(Stage), maxValue: 1);
            for (var last = false; !last;)
            {
                last = _finished.Task.IsCompleted; // read before drawing, or the last report could be missed
                bar.Value = _latest.Share;
                context.Refresh();
                if (!last) await Task.WhenAny(_finished.Task, Task.Delay(Interval)).ConfigureAwait(false);
            }
        });
    }
}
