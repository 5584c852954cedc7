namespace Microsoft.ML.PLD;

/// <summary>Writes a line for each notice, at a stage's first and last step, at each validation, and otherwise at most once an interval.</summary>
/// <param name="write">Takes a line, without its end.</param>
/// <param name="warn">Takes a line that may call for action; null: <paramref name="write"/>.</param>
/// <param name="interval">Null: 10 seconds.</param>
/// <param name="clock">Null: the system's.</param>
internal sealed class LogProgress(Action<string> write, Action<string>? warn = null, TimeSpan? interval = null, TimeProvider? clock = null) : IProgress<TrainingProgress>, INoticeSink
{
    private readonly Action<string> _warn = warn ?? write;
    private readonly TimeSpan _interval = interval ?? TimeSpan.FromSeconds(10);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly SinkGuard _guard = new();
    private long _writtenAt;
    private string? _stage;

    public Exception? Failure => _guard.Failure;

    public void Notify(string stage, string notice) => _guard.Run(() => write($"{stage}: {notice}"));

    public void Warn(string stage, string notice) => _guard.Run(() => _warn($"{stage}: {notice}"));

    public void Report(TrainingProgress value) => _guard.Run(() =>
    {
        foreach (var notice in value.Notices) (value.Warnings.Contains(notice) ? _warn : write)($"{value.Stage} {value.Step}: {notice}");
        var due = value.Stage != _stage || value.Share >= 1 || value is not { ValidationLoss: null, ValidationAccuracy: null }
            || _clock.GetElapsedTime(_writtenAt) >= _interval;
        if (!due) return;
        (_stage, _writtenAt) = (value.Stage, _clock.GetTimestamp());
        write(ProgressText.Line(value));
    });
}
