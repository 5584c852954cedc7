using Microsoft.ML.PLD;

namespace Compare;

/// <summary>What a run reached: result.json in its folder.</summary>
internal sealed record RunResult
{
    public required string Arm { get; init; }

    public required ulong Seed { get; init; }

    public required long Steps { get; init; }

    /// <summary>Sequences that were learned from.</summary>
    public required long Samples { get; init; }

    public required double BlockFlops { get; init; }

    /// <summary>By the table, without validations.</summary>
    public required double ReferenceSeconds { get; init; }

    /// <summary>By the clock, validations included.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>The losses on held-out text, the last of them after the last step.</summary>
    public required IReadOnlyList<ValidationPoint> Validations { get; init; }

    /// <summary>What ran over time: means over equal parts of the run.</summary>
    public required IReadOnlyList<TracePoint> Trace { get; init; }

    /// <summary>What each block does to its input at the end; none if the run failed.</summary>
    public IReadOnlyList<BlockChange> Blocks { get; init; } = [];

    /// <summary>Why it failed; null: it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>The build of the library that finished it.</summary>
    public required string Build { get; init; }

    /// <summary>The machine that finished it.</summary>
    public required string Machine { get; init; }

    public double? FinalLoss => Failure is null && Validations.Count > 0 && Validations[^1].Step == Steps ? Validations[^1].Loss : null;
}

/// <summary>A validation, and what had been spent until then.</summary>
internal sealed record ValidationPoint(long Step, long Samples, double BlockFlops, double ReferenceSeconds, double WallSeconds, double Loss);

/// <summary>A part of a run.</summary>
/// <param name="Share">Where in the run, 0 to 1: the middle of the part.</param>
/// <param name="Theta">The keep ratio of the last block.</param>
/// <param name="Blocks">Blocks' worth of FLOPs that were spent a step.</param>
internal sealed record TracePoint(double Share, double Theta, double Blocks);
