using System.Text.Json;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A small pre-training that several ranks run together, and what one of them does amiss.</summary>
internal sealed record RankCase
{
    public const string Kill = "kill", Exit = "exit", HardExit = "hard-exit", Throw = "throw", Hang = "hang", Early = "early";

    /// <summary>All ways of ending too early.</summary>
    public static IReadOnlyList<string> Ends { get; } = [Kill, Exit, HardExit, Throw, Early];

    public long Steps { get; init; } = 30;

    /// <summary>The lowest share of blocks that are kept; 1: all.</summary>
    public double Theta { get; init; } = 0.5;

    /// <summary>Whether the shape is BERT-base's, which takes 2 GB a rank, rather than a small one.</summary>
    public bool IsBase { get; init; }

    /// <summary>Whether each rank keeps a part of the optimizer's state.</summary>
    public bool ShardOptimizer { get; init; }

    /// <summary>Whether ML.NET's estimators train, one after the other, rather than the pretrainer alone.</summary>
    public bool Fits { get; init; }

    /// <summary>What happens; null: nothing.</summary>
    public string? Fault { get; init; }

    /// <summary>On which rank.</summary>
    public int Rank { get; init; }

    /// <summary>In which step, from 1.</summary>
    public long Step { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this);

    public static RankCase Parse(string json) => JsonSerializer.Deserialize<RankCase>(json)!;

    public BertConfig Config => IsBase ? BertConfig.Base with { MaxPositions = 32 } : new() { HiddenSize = 64, Layers = 6, AttentionHeads = 4, IntermediateSize = 111, MaxPositions = 64 };

    // With an epsilon above all gradients AdamW is descent along them: rounding stays what it is.
    public PretrainingOptions Options => new()
    {
        Steps = Steps, BatchSize = IsBase ? 4 : 11, SequenceLength = IsBase ? 16 : 37, HiddenDropout = 0.1, Seed = 1, ValidationSequences = IsBase ? 2 : 13, ValidationInterval = Steps,
        LayerSchedule = Theta == 1 ? new DenseSchedule() : new ProgressiveLayerDrop(Theta, gammaTimesSteps: IsBase ? 1e6 : 100), // at once where bytes are counted
        LearningRate = new() { Peak = IsBase ? 1e-4 : 30, WarmupShare = 0.1 }, Optimizer = IsBase ? new() : new() { Epsilon = 100, WeightDecay = 0 },
    };
}
