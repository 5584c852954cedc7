using Microsoft.ML.PLD;

namespace Compare;

/// <summary>One of those that are compared: an architecture, a schedule, and how it is trained.</summary>
internal sealed record Arm
{
    public required string Name { get; init; }

    public required BertConfig Model { get; init; }

    /// <summary>How it is trained; steps and seed are those of the run.</summary>
    public required PretrainingOptions Training { get; init; }

    /// <summary>The most sequences that are computed at once; a batch is accumulated from as many micro-batches as it takes.</summary>
    public required int MicroBatchSize { get; init; }

    /// <summary>The schedule as the config has it, for people and for the keys of runs.</summary>
    public required string Schedule { get; init; }

    /// <summary>What a run of this arm is trained with. Both the learning rate and the layer schedule decay over its own steps: in the unit of the budget.</summary>
    public PretrainingOptions TrainingFor(ulong seed, long steps) => Training with { Seed = seed, Steps = steps };
}
