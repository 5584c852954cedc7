using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The memory that a training takes at most, about, beside the program itself, in bytes, as computed before it begins.</summary>
/// <param name="Weights">Masters, and copies in the type of the activations.</param>
/// <param name="Masters">The masters alone, which are there before.</param>
/// <param name="Optimizer">The moments.</param>
/// <param name="Sums">Gradients of earlier micro-batches, of all workers.</param>
/// <param name="Gradients">Of the last ones, at the end of the way back.</param>
/// <param name="Activations">Of all workers, at the end of the way forward: the head's too, and what the first steps of the way back need.</param>
/// <param name="Gaps">Between tensors, where the allocator cannot use them again.</param>
/// <param name="Checkpoint">A copy of the run while it is written.</param>
internal sealed record MemoryEstimate(double Weights, double Masters, double Optimizer, double Sums, double Gradients, double Activations, double Gaps, double Checkpoint)
{
    private const double Master = 4, Moments = 8;

    // glibc cannot put an aligned block where one of the same size was. Measured for all that a step would keep: it is as much when parts are computed again.
    private const double GapsOfGlibc = 0.6;

    /// <summary>Gradients come while activations go: only the larger of both counts.</summary>
    public double Total => Weights + Optimizer + Sums + Math.Max(Gradients, Activations) + Gaps + Checkpoint;

    /// <param name="weights">Of the network.</param>
    /// <param name="config">Its encoder.</param>
    /// <param name="type">Of the activations.</param>
    /// <param name="cut">How a step is cut.</param>
    /// <param name="batchSize">Sequences of a step, of this rank.</param>
    /// <param name="batch">The largest micro-batch.</param>
    /// <param name="keepsCheckpoints">Whether any are written.</param>
    /// <param name="ranks">How many add their gradients to those of this one.</param>
    /// <param name="shardsOptimizer">Whether each of them keeps a part of the optimizer's state.</param>
    public static MemoryEstimate Of(
        ParameterStore weights, BertConfig config, torch.ScalarType type, StepCut cut, int batchSize, MicroBatchShape batch, bool keepsCheckpoints, int ranks = 1, bool shardsOptimizer = false)
    {
        double element = type == torch.float32 ? 4 : 2, copy = type == torch.float32 ? 0 : element, count = weights.Count;
        var onProcessor = weights.Device.type == DeviceType.CPU;
        double Activations(bool recompute) => batch.Activations(config, element, recompute, onProcessor) * cut.Workers;
        var accumulates = batchSize > cut.Workers * cut.MicroBatchSize;
        return new(
            Weights: count * (Master + copy),
            Masters: count * Master,
            Optimizer: count * Moments / (shardsOptimizer ? ranks : 1),
            Sums: (accumulates ? count * Master * cut.Workers : 0) + (ranks > 1 ? count * Master : 0), // float32
            Gradients: count * element * cut.Workers,
            Activations: Activations(cut.Recompute),
            Gaps: onProcessor && OperatingSystem.IsLinux() ? GapsOfGlibc * Activations(recompute: false) : 0,
            Checkpoint: keepsCheckpoints ? count * (Master + Moments) : 0);
    }

    /// <summary>"1.10 GB: 70 MB for weights, ...".</summary>
    public override string ToString()
    {
        var parts = new List<string> { $"{Size(Weights)} for weights", $"{Size(Optimizer)} for the optimizer", $"{Size(Sums + Math.Max(Gradients, Activations))} for activations and gradients" };
        if (Gaps > 0) parts.Add($"{Size(Gaps)} for allocator fragmentation");
        if (Checkpoint > 0) parts.Add($"{Size(Checkpoint)} while a checkpoint is written");
        return $"{Size(Total)}: {string.Join(", ", parts)}";
    }

    private static string Size(double bytes) => bytes >= 1e9 ? FormattableString.Invariant($"{bytes / 1e9:F2} GB") : FormattableString.Invariant($"{bytes / 1e6:F0} MB");
}
