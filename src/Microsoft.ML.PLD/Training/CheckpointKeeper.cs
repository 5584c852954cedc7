using System.Diagnostics;

namespace Microsoft.ML.PLD;

/// <summary>Begins a run where its options say, and keeps it: in the background, while the run goes on.</summary>
/// <param name="task">What is trained.</param>
/// <param name="optimizer">Its optimizer.</param>
/// <param name="options">Where and when.</param>
/// <param name="notify">Told what the user should know; on the thread that calls.</param>
/// <param name="warn">Told what may call for action; likewise.</param>
internal sealed class CheckpointKeeper(ITrainingTask task, AdamW optimizer, CheckpointOptions options, Action<string> notify, Action<string> warn) : IDisposable
{
    /// <summary>The option that tells one set of held-out rows from another.</summary>
    public const string ValidationData = "ValidationData";

    // Which of the held-out text is read: no step depends on it.
    private static readonly string[] FreeOptions = [nameof(PretrainingOptions.ValidationSeed), nameof(PretrainingOptions.ValidationSequences)];

    // Once these have changed, validations of before cannot be compared with those to come.
    private static readonly string[] ValidationOptions = [ValidationData, nameof(FineTuningOptions.ValidationMetric), .. FreeOptions];

    private readonly CheckpointStore? _store = options.Folder is { } folder ? new CheckpointStore(folder) : null;
    private readonly Stopwatch _sinceKept = Stopwatch.StartNew();
    private Task<string> _writing = Task.FromResult("");
    private long _asked = -1; // the last step of which a checkpoint was asked for, or is there
    private string? _kept;

    /// <summary>Where the last checkpoint is, in a sentence. Waits for the one that is being written.</summary>
    public string LastKept
    {
        get
        {
            Collect(wait: true);
            return Last;
        }
    }

    private string Last => _kept is null ? "No checkpoint was written." : $"The last checkpoint is '{_kept}'.";

    /// <summary>Resumes the run, or begins a new one.</summary>
    /// <exception cref="InvalidOperationException">The folder has checkpoints of a run that is not to be resumed, or the checkpoint is of a run with other options.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged; of several in a folder, all are.</exception>
    public TrainingState Start()
    {
        if (Find() is not { } checkpoint)
        {
            task.Initialize();
            return new TrainingState
            {
                Stage = task.Stage, Step = 0, DataPosition = 0, VocabularySha256 = task.Network.Tokenizer.Vocabulary.Sha256,
                Options = task.Options, Runtime = task.Runtime, MicroBatchSize = task.Cut.MicroBatchSize,
            };
        }
        ExpectSameRun(checkpoint);
        checkpoint.Restore(task.Network, task.Weights, optimizer);
        var state = checkpoint.State;
        var changes = OptionValues.Differences(state.Runtime, task.Runtime, []);
        if (changes.Count > 0) notify($"The resumed run will match the interrupted one up to rounding, not bit for bit: {string.Join("; ", changes)}.");
        notify($"Resumed from checkpoint '{checkpoint.Path}', after step {state.Step} of {task.Steps}.");
        _kept = checkpoint.Path;
        if (_store?.PathOf(state.Step) == checkpoint.Path) _asked = state.Step;
        if (ValidationOptions.Any(option => state.Options.GetValueOrDefault(option) != task.Options.GetValueOrDefault(option))) state = state with { Validations = [] };
        var isSmaller = changes.Count == 0 && state.MicroBatchSize < task.Cut.MicroBatchSize; // since memory ran out
        return state with { Options = task.Options, Runtime = task.Runtime, MicroBatchSize = isSmaller ? state.MicroBatchSize : task.Cut.MicroBatchSize };
    }

    /// <summary>Writes a checkpoint if it is time for one. Returns as soon as the run is copied; after the last step, when it is on the disk.</summary>
    public void Keep(TrainingState state)
    {
        if (state.Step == task.Steps)
        {
            KeepNow(state);
            return;
        }
        Collect(wait: false);
        if (Agreed(_store is not null && IsDue(state))) Begin(state);
    }

    private bool IsDue(TrainingState state)
    {
        var isBest = options.KeepBest && state.Best is { } best && best.Step == state.Step;
        return isBest || options.EverySteps > 0 && state.Step % options.EverySteps == 0
            || options.Interval > TimeSpan.Zero && _sinceKept.Elapsed >= options.Interval && _writing.IsCompleted;
    }

    // All who have a part of the optimizer's state send it to the one who writes.
    private bool Agreed(bool isDue) => optimizer.IsSharded ? task.Ranks.Broadcast(isDue) : isDue;

    /// <summary>Writes a checkpoint unless this step has one, and waits until it is on the disk.</summary>
    public void KeepNow(TrainingState state)
    {
        if (Agreed(_store is not null && _asked != state.Step)) Begin(state);
        Collect(wait: true, tellSuccess: false); // LastKept says it
    }

    /// <summary>Gives the network the weights of the best validation so far, if they were kept.</summary>
    public void RestoreBest(TrainingState state)
    {
        if (_store?.Best(state) is not { } best)
        {
            warn($"The model is that of step {state.Step}: the weights of the best validation were not kept.");
            return;
        }
        var isBestOfAll = best.Step == state.Best?.Step;
        var why = isBestOfAll
            ? "whose validation was the best" : $"whose validation was the best of those whose weights were kept; that of step {state.Best?.Step} was better";
        if (best.Step == state.Step)
        {
            if (!isBestOfAll) notify($"The model is that of step {state.Step}, {why}.");
            return;
        }
        try
        {
            Checkpoint.Open(_store.PathOf(best.Step)).RestoreWeights(task.Network, task.Weights);
            notify($"The model is that of step {best.Step}, {why}.");
        }
        catch (Exception failure) when (failure is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            warn($"The model is that of step {state.Step}: the best one, of step {best.Step}, cannot be read. {failure.Message}");
        }
    }

    public void Dispose()
    {
        try
        {
            Collect(wait: true);
        }
        finally
        {
            _store?.Dispose();
        }
    }

    private Checkpoint? Find()
    {
        if (options.ResumeFrom == CheckpointOptions.Latest) return _store!.Latest(warn);
        var there = _store?.All.FirstOrDefault();
        if (options.ResumeFrom is not { } path)
            return there is not { Path: { } newest } ? null : throw new InvalidOperationException(
                $"The checkpoint folder '{options.Folder}' has checkpoints already, the newest '{newest}'. "
                + $"Set ResumeFrom to '{CheckpointOptions.Latest}' to go on from it, or Folder to another folder for a new run.");

        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"There is no checkpoint '{path}' (full path '{Path.GetFullPath(path)}').");
        var checkpoint = Checkpoint.Open(Path.GetFullPath(path));
        return there is not { Path: { } later } || there.Value.Step <= checkpoint.State.Step ? checkpoint : throw new InvalidOperationException(
            $"The checkpoint folder '{options.Folder}' has a later checkpoint than '{path}', '{later}', which a run from there would mix with. "
            + $"Set ResumeFrom to '{CheckpointOptions.Latest}', or Folder to another folder.");
    }

    private void ExpectSameRun(Checkpoint checkpoint)
    {
        var state = checkpoint.State;
        if (state.Stage != task.Stage) throw new InvalidOperationException($"The checkpoint '{checkpoint.Path}' is of {state.Stage}, and this is {task.Stage}.");
        if (state.VocabularySha256 != task.Network.Tokenizer.Vocabulary.Sha256)
            throw new InvalidOperationException($"The checkpoint '{checkpoint.Path}' was made with another vocabulary: its weights mean other words. Use its vocab.txt.");
        string[] free = [.. FreeOptions.Where(task.Options.ContainsKey)];
        var differences = OptionValues.Differences(state.Options, task.Options, [.. options.AllowOptionChange, .. free]);
        if (differences.Count > 0)
            throw new InvalidOperationException(
                $"The checkpoint '{checkpoint.Path}' is of a run with other options, and would not go on as the same run: {string.Join("; ", differences)}. "
                + "Set them back, or name them in AllowOptionChange.");
        if (state.Measured is { } measured && measured.Count != task.Network.Config.Layers)
            throw new InvalidDataException($"The checkpoint '{checkpoint.Path}' has measurements of {measured.Count} blocks; the encoder has {task.Network.Config.Layers}.");
        if (state.Step > task.Steps) throw new InvalidOperationException($"The checkpoint '{checkpoint.Path}' is after step {state.Step}, and this run has {task.Steps} steps.");
    }

    private void Begin(TrainingState state)
    {
        if (_store is null)
        {
            optimizer.SendState();
            return;
        }
        Collect(wait: true); // one at a time: two copies would be too much memory
        _asked = state.Step;
        _sinceKept.Restart();
        Snapshot snapshot;
        try
        {
            snapshot = Snapshot.Take(state with { Written = DateTimeOffset.UtcNow }, task.Network, task.Weights, optimizer);
        }
        catch (Exception failure) when (OutOfMemory.Is(failure) && !optimizer.IsSharded) // else others are waiting
        {
            _writing = Task.FromException<string>(failure);
            return;
        }
        _writing = Task.Run(() =>
        {
            using (snapshot) return _store!.Write(snapshot, options.KeepLast, options.KeepBest);
        });
    }

    // A checkpoint that cannot be written must not end a run that can go on.
    private void Collect(bool wait, bool tellSuccess = true)
    {
        if (!wait && !_writing.IsCompleted) return;
        var writing = _writing;
        _writing = Task.FromResult("");
        try
        {
            if (writing.GetAwaiter().GetResult() is not { Length: > 0 } path) return;
            _kept = path;
            if (tellSuccess) notify($"Wrote checkpoint '{path}'.");
        }
        catch (Exception failure)
        {
            warn($"The checkpoint of step {_asked} could not be written: {failure.Message} {Last}");
            _asked = -1;
        }
    }
}
