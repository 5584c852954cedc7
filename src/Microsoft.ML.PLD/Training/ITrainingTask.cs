using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>What pre-training and fine-tuning differ in, for <see cref="TrainingLoop"/>.</summary>
internal interface ITrainingTask
{
    /// <summary>As <see cref="TrainingProgress.Stage"/>.</summary>
    string Stage { get; }

    /// <summary>Optimizer steps in all.</summary>
    long Steps { get; }

    /// <summary>Changed in place.</summary>
    ParameterStore Weights { get; }

    NetworkDescription Network { get; }

    AdamWOptions Optimizer { get; }

    LearningRateSchedule LearningRate { get; }

    ILayerSchedule LayerSchedule { get; }

    /// <summary>All that the result depends on, by name: see <see cref="OptionValues"/>.</summary>
    IReadOnlyDictionary<string, string> Options { get; }

    /// <summary>What beside <see cref="Options"/> decides when ranks call each other, by name.</summary>
    IReadOnlyDictionary<string, string> Calls { get; }

    /// <summary>What only the last bits of the result depend on.</summary>
    IReadOnlyDictionary<string, string> Runtime { get; }

    /// <summary>The processes that train together.</summary>
    ICollective Ranks { get; }

    /// <summary>Whether each rank keeps a part of the optimizer's state.</summary>
    bool ShardsOptimizer { get; }

    /// <summary>How a rank's share of a step is cut: the same on all ranks.</summary>
    StepCut Cut { get; }

    /// <summary>How much memory it takes.</summary>
    MemoryEstimate Memory(bool keepsCheckpoints);

    /// <summary>What to warn of before the first step; null: nothing.</summary>
    string? Caution => null;

    /// <summary>Gives weights the values that depend on the data. Not called when a run is resumed.</summary>
    void Initialize();

    /// <summary>The steps from one on: a function of its number, without what came before. Disposing of the enumerator ends all preparations.</summary>
    IEnumerable<StepBatch> From(long step, int microBatchSize);

    /// <summary>What was measured last for a schedule that asks for it; null: nothing yet. Set when a run is resumed.</summary>
    IReadOnlyList<BlockChange>? Measured { get; set; }

    /// <summary>The samples that all steps before this one read.</summary>
    long DataPosition(long step);

    /// <summary>What held-out data says after so many steps; null when none is due.</summary>
    /// <param name="stepsDone">From 1.</param>
    /// <param name="checkAlive">Throws to stop; null: nothing does.</param>
    HeldOutResult? Validate(long stepsDone, Action? checkAlive);

    /// <summary>What the learning rate is multiplied by for a weight; 0: it stays as it is.</summary>
    double RateFactor(string weight) => 1;

    /// <summary>The run ends after so many consecutive validations that are no better than the best before; 0: never early.</summary>
    int Patience => 0;

    /// <summary>Whether the weights in the end are those of the best validation.</summary>
    bool RestoresBest => false;
}

/// <summary>What one optimizer step computes.</summary>
/// <param name="Plan">The blocks that run: in the first micro-batch, where each has a plan of its own.</param>
/// <param name="BlockShare">The share of a dense step's block FLOPs that it spends.</param>
/// <param name="Losses">Computes the part of the step's loss that each micro-batch of this rank adds; on any thread.</param>
/// <param name="Tokens">Tokens of all ranks' micro-batches.</param>
/// <param name="IsPlanShared">Whether all micro-batches have that plan.</param>
internal readonly record struct StepBatch(LayerPlan Plan, double BlockShare, IReadOnlyList<MicroBatchLoss> Losses, long Tokens, bool IsPlanShared = true);

/// <summary>Computes the part of a step's loss that a micro-batch adds; on any thread.</summary>
/// <param name="pieces">Cuts the graph into pieces for the way back; null: it stays in one.</param>
internal delegate torch.Tensor MicroBatchLoss(GraphPieces? pieces);
