namespace Microsoft.ML.PLD;

/// <summary>
/// Writes a training as one HTML page, to look at while it runs and to show afterwards: what came out, the curves, how good the model is on rows that you give it
/// (<see cref="TrainingReportExtensions.AddEvaluation"/>), the options and the machine. The page needs no other file and no network.
/// </summary>
/// <remarks>
/// <para>Give the same object to all that belong together: pre-training and fine-tuning stand on one page. The page is written anew every ten seconds, at the end of each stage, and when
/// this is disposed of; each time whole or not at all. A run that is resumed with a report of the same path goes on with the curves of before. Long runs are thinned
/// out: the page stays below a megabyte.</para>
/// <para>A write that fails, for example on a full disk, ends the reports and not the training: see <see cref="Failure"/>. Of several processes that train together the first one's reports count.</para>
/// </remarks>
public sealed class TrainingReport : IProgress<TrainingProgress>, INoticeSink, IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly string _path, _title;
    private readonly TimeProvider _clock;
    private readonly SinkGuard _guard = new();
    private readonly List<StageHistory> _stages = [];
    private readonly List<Evaluation> _evaluations = [];
    private readonly List<string> _early = []; // notices of a stage that has not had its first step
    private List<StageHistory>? _before; // stages of the page that was there, which may be resumed
    private TrainingRun? _run;
    private long _writtenAt;

    /// <summary>Begins a report; the page is written at the first step.</summary>
    /// <param name="path">The file, for example <c>report.html</c>; its folder is made if it is not there. A page that is there is replaced at the first step, or gone on with by a run that is resumed.</param>
    /// <param name="title">What the page is called. Default: Training report.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> or <paramref name="title"/> is empty.</exception>
    /// <exception cref="IOException">The folder cannot be made, or not be written to; or <paramref name="path"/> is a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made, or not be written to.</exception>
    public TrainingReport(string path, string title = "Training report") : this(path, title, TimeProvider.System)
    {
    }

    internal TrainingReport(string path, string title, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        (_path, _title, _clock) = (Path.GetFullPath(path), title, clock);
        if (Directory.Exists(_path)) throw new IOException($"The report cannot be written to '{_path}', which is a folder; expected the path of a file, for example '{Path.Combine(_path, "report.html")}'.");
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        // Tried now, when it can still be told, and not at the first step.
        using var trial = new FileStream($"{_path}.{Guid.NewGuid():N}.tmp", FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    /// <summary>Why the reports stopped; null while all is well.</summary>
    public Exception? Failure => _guard.Failure;

    /// <inheritdoc/>
    public void Report(TrainingProgress value) => _guard.Run(() =>
    {
        var isFirst = !IsCurrent(value);
        var stage = isFirst ? Begin(value) : _stages[^1];
        stage.Add(value, Environment.WorkingSet);
        if (isFirst || stage.HasEnded || _clock.GetElapsedTime(_writtenAt) >= Interval) Write();
    });

    /// <inheritdoc/>
    public void Notify(string stage, string notice) => _guard.Run(() =>
    {
        if (_stages is [.., var current] && current.Name == stage) current.Note(current.Step, notice); // also when it is over: which model was kept
        else _early.Add(notice);
    });

    /// <summary>Writes the page for the last time: nothing runs any more.</summary>
    public void Dispose() => _guard.Run(() =>
    {
        if (_stages.Count == 0 && _evaluations.Count == 0) return; // a page of before is worth more than an empty one
        EndStage();
        Write();
    });

    /// <summary>Adds what is known of a model's predictions, and writes the page.</summary>
    /// <exception cref="IOException">The page cannot be written, now or at an earlier step.</exception>
    internal void Add(Evaluation evaluation)
    {
        _guard.Run(() =>
        {
            EndStage();
            _evaluations.Add(evaluation);
            Write();
        });
        if (Failure is { } failure) throw new IOException($"The report '{_path}' cannot be written. {failure.Message}", failure);
    }

    private bool IsCurrent(TrainingProgress value) =>
        _stages is [.., var last] && last.Name == value.Stage && value.Step >= last.Step && ReferenceEquals(value.Run, _run);

    private StageHistory Begin(TrainingProgress value)
    {
        EndStage();
        _before ??= [.. ReportData.ReadFrom(_path).Stages];
        var number = 1 + _stages.Count(stage => stage.Name == value.Stage);
        // What begins anew makes all that follows new, too.
        if (value.Step <= 1) _before.Clear();
        var stage = _before.Find(stage => stage.Name == value.Stage && stage.Number == number && IsSameRun(stage.Run, value.Run));
        if (stage is null) stage = new() { Name = value.Stage, Number = number };
        else
        {
            _before.Remove(stage);
            stage.Resume(value);
        }
        foreach (var notice in _early) stage.Note(value.Step - 1, notice);
        _early.Clear();
        _stages.Add(stage);
        _run = value.Run;
        return stage;
    }

    // Options may be allowed to change on the way; curves of another seed or other data would be another run's.
    private static bool IsSameRun(TrainingRun before, TrainingRun? now) =>
        new[] { "Seed", "Data" }.All(option => before.Options.GetValueOrDefault(option) == now?.Options.GetValueOrDefault(option));

    private void EndStage()
    {
        if (_stages is not [.., var last]) return;
        last.HasEnded = true;
        last.Remaining = null;
    }

    private void Write()
    {
        var page = TrainingPage.Of(new(_title, _stages, _evaluations, _clock.GetUtcNow()), new ReportData([.. _stages, .. _before ?? []]));
        AtomicFile.Write(_path, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            writer.Write(page.Text);
        });
        _writtenAt = _clock.GetTimestamp();
    }
}
