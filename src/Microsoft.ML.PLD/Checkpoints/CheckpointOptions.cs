namespace Microsoft.ML.PLD;

/// <summary>How a training survives: where its checkpoints go and when, where it resumes, and what happens when it is stopped.</summary>
/// <remarks>
/// A checkpoint is a folder <c>step-NNNNNNNNNN</c> with the weights, the optimizer's state, the options and the position in the data, and a checksum of each
/// file. It appears at once and whole. A run that is resumed goes on bit for bit as if it had not been stopped, on a processor with as many threads.
/// </remarks>
public sealed record CheckpointOptions
{
    /// <summary>What <see cref="ResumeFrom"/> is for the newest checkpoint in <see cref="Folder"/>.</summary>
    public const string Latest = "latest";

    /// <summary>Where checkpoints are written; made when it is not there. One run has it at a time. Null: none are written. Default: null.</summary>
    public string? Folder { get; init; }

    /// <summary>Steps between checkpoints; 0 leaves it to <see cref="Interval"/>. Default: 0.</summary>
    public long EverySteps { get; init; }

    /// <summary>Time between checkpoints; zero leaves it to <see cref="EverySteps"/>. Default: 10 minutes.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many of the newest checkpoints are kept; at least 1. Default: 2.</summary>
    public int KeepLast { get; init; } = 2;

    /// <summary>Whether a checkpoint is written after each validation that is the best so far, and the best one kept beside the newest. Default: true.</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>
    /// Where to go on: <see cref="Latest"/>, the newest checkpoint in <see cref="Folder"/> that is not damaged, or the beginning when there is none, so that the same
    /// program starts and resumes; or the path of a checkpoint. Null starts from the beginning, and refuses a folder that has checkpoints. Default: null.
    /// </summary>
    public string? ResumeFrom { get; init; }

    /// <summary>
    /// Options that may differ from the checkpoint's though they change the result, by name as the message that refuses them gives it: <c>LearningRate.Peak</c>,
    /// or <c>LearningRate</c> for all that begins so. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowOptionChange { get; init; } = [];

    /// <summary>
    /// Whether SIGTERM and SIGINT (Ctrl+C) stop the training as its cancellation token does, so that a checkpoint is written; a second signal ends the process.
    /// Only while a training with a <see cref="Folder"/> runs. Default: true.
    /// </summary>
    public bool SaveOnSignals { get; init; } = true;

    /// <summary>What a training that is cancelled does after it has written a checkpoint. Default: <see cref="CancellationResult.Throw"/>.</summary>
    public CancellationResult WhenCancelled { get; init; }

    internal IEnumerable<string> Problems()
    {
        if (Folder is not null && string.IsNullOrWhiteSpace(Folder)) yield return "Folder is empty; expected a path, or null for no checkpoints.";
        if (EverySteps < 0) yield return $"EverySteps is {EverySteps}; expected 0 (by time) or a number of steps.";
        if (Interval < TimeSpan.Zero) yield return $"Interval is {Interval}; expected zero (by steps) or more.";
        if (KeepLast < 1) yield return $"KeepLast is {KeepLast}; expected at least 1.";
        if (ResumeFrom == Latest && Folder is null) yield return $"ResumeFrom is '{Latest}', but Folder is null; expected the folder with the checkpoints.";
        if (ResumeFrom is not null && string.IsNullOrWhiteSpace(ResumeFrom)) yield return $"ResumeFrom is empty; expected '{Latest}', the path of a checkpoint, or null.";
        if (AllowOptionChange is null) yield return "AllowOptionChange is null; leave it out for none.";
        if (!Enum.IsDefined(WhenCancelled)) yield return $"WhenCancelled is {WhenCancelled}; expected {string.Join(", ", Enum.GetNames<CancellationResult>())}.";
    }
}

/// <summary>What becomes of a training that is cancelled: by its token, by the <see cref="MLContext"/>, or by a signal.</summary>
public enum CancellationResult
{
    /// <summary>An <see cref="OperationCanceledException"/> that names the checkpoint.</summary>
    Throw,

    /// <summary>The model of the best validation so far is returned, if its weights were kept: in memory, as fine-tuning does, or in a checkpoint; else the model as it is, with a notice.</summary>
    ReturnBest,

    /// <summary>The model as it is is returned.</summary>
    ReturnLatest,
}
