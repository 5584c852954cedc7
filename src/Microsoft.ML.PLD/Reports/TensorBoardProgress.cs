namespace Microsoft.ML.PLD;

/// <summary>Writes every report to event files that TensorBoard shows as curves, while the training runs.</summary>
/// <remarks>
/// Each stage is a run of its own, a sub-folder with its name. The scalars: <c>loss/train</c>, <c>loss/validation</c>,
/// <c>accuracy/validation</c>, <c>next_sentence_accuracy/validation</c>, <c>metric/validation</c>, <c>learning_rate</c>, <c>gradient_norm</c>, <c>layer_drop/theta</c>, <c>layer_drop/blocks_run</c>,
/// <c>tokens_per_second</c>. Look at them with <c>tensorboard --logdir FOLDER</c>. A write that fails, for example on a full disk, ends the
/// reports and not the training: see <see cref="Failure"/>.
/// </remarks>
public sealed class TensorBoardProgress : IProgress<TrainingProgress>, IDisposable
{
    private readonly string _folder;
    private readonly TimeProvider _clock;
    private readonly SinkGuard _guard = new();
    private readonly Dictionary<string, int> _runs = [];
    private EventFile? _file;
    private (string Stage, long Step) _last;

    /// <param name="folder">Where the runs are written; made if it is not there.</param>
    /// <exception cref="IOException">The folder cannot be made, or not be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be made, or not be written to.</exception>
    public TensorBoardProgress(string folder) : this(folder, TimeProvider.System)
    {
    }

    internal TensorBoardProgress(string folder, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        (_folder, _clock) = (Path.GetFullPath(folder), clock);
        Directory.CreateDirectory(_folder);
        // Tried now, when it can still be told, and not at the first report.
        using var trial = new FileStream(
            Path.Combine(_folder, $".writable.{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
    }

    /// <summary>Why the reports stopped; null while all is well.</summary>
    public Exception? Failure => _guard.Failure;

    /// <inheritdoc/>
    public void Report(TrainingProgress value) => _guard.Run(() =>
    {
        if (_file is null || value.Stage != _last.Stage || value.Step < _last.Step) Open(value.Stage);
        _last = (value.Stage, value.Step);
        _file!.Write(value.Step, Scalars(value));
    });

    /// <summary>Closes the file. Reports that come later start a new one.</summary>
    public void Dispose() => _guard.Close(Close);

    // A stage that starts again, as in cross-validation, is another run: "Fine-tuning", "Fine-tuning 2".
    private void Open(string stage)
    {
        Close();
        var times = _runs[stage] = _runs.GetValueOrDefault(stage) + 1;
        _file = new EventFile(Path.Combine(_folder, FolderName(times == 1 ? stage : $"{stage} {times}")), _clock);
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private static string FolderName(string stage) => string.Concat(stage.Select(c => Path.GetInvalidFileNameChars().Contains(c) ? '_' : c));

    private static IEnumerable<(string, double)> Scalars(TrainingProgress report)
    {
        yield return ("loss/train", report.Loss);
        if (report.ValidationLoss is { } loss) yield return ("loss/validation", loss);
        if (report.ValidationAccuracy is { } accuracy) yield return ("accuracy/validation", accuracy);
        if (report.ValidationNextSentenceAccuracy is { } pairs) yield return ("next_sentence_accuracy/validation", pairs);
        if (report.ValidationMetric is { } metric) yield return ("metric/validation", metric);
        yield return ("learning_rate", report.LearningRate);
        yield return ("gradient_norm", report.GradientNorm);
        yield return ("layer_drop/theta", report.Theta);
        yield return ("layer_drop/blocks_run", report.BlocksRun);
        if (report.TokensPerSecond > 0) yield return ("tokens_per_second", report.TokensPerSecond);
    }
}
