using Microsoft.ML.PLD;

namespace Glue;

/// <summary>What the command line asks for.</summary>
internal sealed record Settings
{
    /// <summary>A short grid for small encoders; they take more than BERT-base.</summary>
    public static IReadOnlyList<double> UsualRates { get; } = [1e-4, 3e-4, 1e-3];

    // The paper leaves WNLI out; this is the median of its other rates.
    private const double PaperMedianRate = 7e-5;

    public required IReadOnlyList<string> Data { get; init; }

    public required IReadOnlyList<string> Models { get; init; }

    public required string Work { get; init; }

    public IReadOnlyList<string> Tasks { get; init; } = ["all"];

    /// <summary>Seeds 1 to so many.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Null: the paper's rate of each task.</summary>
    public IReadOnlyList<double>? LearningRates { get; init; } = UsualRates;

    public int Epochs { get; init; } = 3;

    /// <summary>0: as many as the epochs take.</summary>
    public long MaxSteps { get; init; }

    public int BatchSize { get; init; } = 32;

    public int MaxLength { get; init; } = 128;

    public Precision Precision { get; init; }

    /// <summary>Every rate with every seed, not only with the first.</summary>
    public bool FullGrid { get; init; }

    public bool Fresh { get; init; }

    /// <summary>Runs that failed, and the best ones that have no predictions for the test sets of now, once more.</summary>
    public bool Retry { get; init; }

    public bool Submission { get; init; } = true;

    public bool AllTasks => Tasks.Any(name => name.Equals("all", StringComparison.OrdinalIgnoreCase));

    public IReadOnlyList<double> RatesFor(GlueTask task) => LearningRates ?? [task.PaperLearningRate ?? PaperMedianRate];

    /// <summary>How many runs a task takes with one model.</summary>
    public int RunsFor(GlueTask task) => FullGrid ? RatesFor(task).Count * Seeds : RatesFor(task).Count + Seeds - 1;

    /// <exception cref="UsageException">Something is out of range; the message lists all of it.</exception>
    public void Check()
    {
        var problems = Problems().ToArray();
        if (problems.Length > 0) throw new UsageException(string.Join(Environment.NewLine, problems));
    }

    private IEnumerable<string> Problems()
    {
        if (Seeds < 1) yield return $"--seeds is {Seeds}; expected at least 1.";
        if (Epochs < 1) yield return $"--epochs is {Epochs}; expected at least 1.";
        if (MaxSteps < 0) yield return $"--max-steps is {MaxSteps}; expected 0 (no limit) or more.";
        if (BatchSize < 1) yield return $"--batch-size is {BatchSize}; expected at least 1.";
        if (MaxLength < 5) yield return $"--max-length is {MaxLength}; expected at least 5 tokens.";
        if (LearningRates is { Count: 0 }) yield return "--learning-rates is empty; expected numbers, or 'paper'.";
        foreach (var rate in LearningRates ?? [])
            if (rate is not (> 0 and < 1)) yield return FormattableString.Invariant($"--learning-rates has {rate}; expected numbers between 0 and 1, for example 3e-4.");
        foreach (var folder in Data)
            if (!Directory.Exists(folder)) yield return $"--data: there is no folder '{folder}'.";
    }
}
