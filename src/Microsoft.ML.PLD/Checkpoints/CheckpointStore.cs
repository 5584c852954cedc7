using System.Globalization;

namespace Microsoft.ML.PLD;

/// <summary>The folder with a run's checkpoints. One run has it at a time.</summary>
internal sealed class CheckpointStore : IDisposable
{
    private const string Prefix = "step-", LockName = ".lock", Damaged = ".damaged";

    private readonly string _folder;
    private readonly FileStream _lock;

    /// <exception cref="IOException">The folder cannot be made or written to, or another run has it.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public CheckpointStore(string folder)
    {
        _folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(_folder);
        var path = Path.Combine(_folder, LockName);
        try
        {
            _lock = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1); // freed by the system when a process is killed
        }
        catch (IOException failure) when (failure is not (PathTooLongException or DirectoryNotFoundException))
        {
            throw new IOException($"The checkpoint folder '{_folder}' cannot be used, perhaps because another training writes to it: {failure.Message}", failure);
        }
        try
        {
            AtomicFolder.Recover(_folder, Prefix);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>The checkpoints that are there, newest first, unchecked.</summary>
    public IReadOnlyList<(long Step, string Path)> All => In(_folder);

    public string PathOf(long step) => Path.Combine(_folder, Prefix + step.ToString("D10", CultureInfo.InvariantCulture));

    /// <summary>The newest checkpoint that is whole. Newer ones that are damaged are set aside under another name.</summary>
    /// <param name="warn">Told of each that is damaged.</param>
    /// <returns>Null when the folder has none.</returns>
    /// <exception cref="InvalidDataException">None of those that are there can be used; they stay as they are, so that the next try does not begin from nothing.</exception>
    public Checkpoint? Latest(Action<string> warn)
    {
        var damaged = new List<(long Step, string Path, Exception Failure)>();
        foreach (var (step, path) in All)
            try
            {
                var checkpoint = Checkpoint.Open(path);
                if (checkpoint.State.Step != step) throw new InvalidDataException($"'{path}' holds step {checkpoint.State.Step}.");
                foreach (var other in damaged)
                    warn(FormattableString.Invariant($"The checkpoint of step {other.Step} is damaged and is not used: {other.Failure.Message} It is now '{SetAside(other.Path)}'."));
                return checkpoint;
            }
            catch (Exception failure) when (failure is InvalidDataException or IOException)
            {
                damaged.Add((step, path, failure));
            }
        return damaged.Count == 0 ? null : throw new InvalidDataException(
            $"None of the {damaged.Count} checkpoints in '{_folder}' can be used. The newest: {damaged[0].Failure.Message}", damaged[0].Failure);
    }

    /// <summary>The seed of the run that would be resumed; null when there is none.</summary>
    public static ulong? SeedOf(CheckpointOptions options)
    {
        if (options.ResumeFrom is null) return null;
        var paths = options.ResumeFrom != CheckpointOptions.Latest ? [options.ResumeFrom]
            : Directory.Exists(options.Folder) ? In(options.Folder).Select(found => found.Path) : [];
        foreach (var path in paths)
            if (Checkpoint.Peek(path)?.Options.GetValueOrDefault("Seed") is { } seed && ulong.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
                return value; // in a file that may be damaged: whether it is the run's is found out later
        return null;
    }

    /// <summary>Writes a checkpoint and deletes those no longer wanted.</summary>
    /// <param name="snapshot">The run.</param>
    /// <param name="keepLast">How many of the newest stay.</param>
    /// <param name="keepBest">Whether the best one stays, too.</param>
    /// <returns>Where it is.</returns>
    public string Write(Snapshot snapshot, int keepLast, bool keepBest)
    {
        var path = PathOf(snapshot.State.Step);
        Checkpoint.Write(path, snapshot);
        var best = keepBest ? Best(snapshot.State)?.Step : null;
        foreach (var (step, old) in All.Skip(keepLast))
            if (step != best) TryDelete(old);
        return path;
    }

    /// <summary>The best validation of those whose checkpoint is there; null: there is none.</summary>
    public Validation? Best(TrainingState state) => Validation.BestOf(state.Validations.Where(validation => Directory.Exists(PathOf(validation.Step))));

    public void Dispose() => _lock.Dispose();

    private static (long Step, string Path)[] In(string folder) => [.. Directory.EnumerateDirectories(folder, $"{Prefix}*")
        .Select(path => (Step: StepOf(path), Path: path)).Where(found => found.Step >= 0).OrderByDescending(found => found.Step)];

    // On Windows a file that somebody reads cannot be deleted: it goes with the next checkpoint.
    private static void TryDelete(string path)
    {
        try
        {
            AtomicFolder.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static string SetAside(string path)
    {
        var aside = path + Damaged;
        for (var copy = 2; Directory.Exists(aside); copy++) aside = $"{path}{Damaged}-{copy}";
        Directory.Move(path, aside);
        return aside;
    }

    private static long StepOf(string path) =>
        long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1;
}
