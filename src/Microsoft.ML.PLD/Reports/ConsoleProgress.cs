using Spectre.Console;

namespace Microsoft.ML.PLD;

/// <summary>
/// Shows training on the console: on a terminal a live bar with loss, learning rate, theta, blocks, tokens per second and time left;
/// where the output is redirected, as in a build server's log, a plain line every ten seconds. Notices get lines of their own.
/// </summary>
/// <remarks>
/// Each stage gets a bar of its own, which stays when the stage ends. Write to the console only between stages, or lines mix with the bar.
/// Dispose it after the training. A terminal that fails ends the reports and not the training: see <see cref="Failure"/>.
/// </remarks>
public sealed class ConsoleProgress : IProgress<TrainingProgress>, INoticeSink, IDisposable
{
    private readonly IAnsiConsole _console;
    private readonly bool _live;
    private readonly LogProgress _lines;
    private readonly SinkGuard _guard = new();
    private LiveBar? _bar;

    /// <summary>Reports to the standard output.</summary>
    public ConsoleProgress() : this(AnsiConsole.Console, IsTerminal(AnsiConsole.Console))
    {
    }

    internal ConsoleProgress(IAnsiConsole console, bool live, TimeProvider? clock = null)
    {
        (_console, _live) = (console, live);
        // Past Spectre's console, which would break lines at its guess of the width.
        _lines = new LogProgress(console.Profile.Out.Writer.WriteLine, clock: clock);
    }

    /// <summary>Why the reports stopped; null while all is well.</summary>
    public Exception? Failure => _guard.Failure ?? _lines.Failure;

    /// <inheritdoc/>
    public void Report(TrainingProgress value) => _guard.Run(() =>
    {
        if (_bar?.Stage != value.Stage) Close();
        if (!_live || (_bar is null && value.Share >= 1)) // a bar that starts full shows nothing
        {
            _lines.Report(value);
            return;
        }
        foreach (var notice in value.Notices) _console.WriteLine($"{value.Stage} {value.Step}: {notice}"); // above the bar
        _bar ??= new LiveBar(_console, value);
        _bar.Show(value);
        if (value.Share >= 1) Close();
    });

    /// <inheritdoc/>
    public void Notify(string stage, string notice) => _guard.Run(() =>
    {
        if (_bar?.Stage != stage) Close();
        if (_live) _console.WriteLine($"{stage}: {notice}");
        else _lines.Notify(stage, notice);
    });

    /// <summary>Leaves the bar as it is, and the cursor below it.</summary>
    public void Dispose() => _guard.Close(Close);

    private void Close()
    {
        var bar = _bar;
        _bar = null;
        bar?.Dispose();
    }

    private static bool IsTerminal(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && console.Profile.Capabilities is { Ansi: true, Interactive: true };
}
