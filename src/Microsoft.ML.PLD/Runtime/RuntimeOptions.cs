using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Where and how a run computes. Nothing here changes the result beyond rounding, except, on a CUDA device, which activations dropout drops.</summary>
public sealed record RuntimeOptions
{
    /// <summary><c>auto</c> (the environment variable <c>PLD_DEVICE</c> if it is set, else a CUDA device when there is one, of several ranks on a machine each the next, else the processor), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. Default: <c>auto</c>.</summary>
    public string Device { get; init; } = DeviceChoice.Auto;

    /// <summary>The number format of the encoder's activations. Default: <see cref="Precision.Auto"/>.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>
    /// Threads for one operation on the processor; 0 leaves libtorch's choice, one a core, or shares the cores among the ranks on this machine where a launcher has started several and
    /// has not bound them to cores of their own. It holds for the whole process. Default: 0.
    /// </summary>
    public int Threads { get; init; }

    /// <summary>
    /// The most sequences that a worker computes at once in training; a larger batch is accumulated from several micro-batches. Smaller takes less
    /// memory, and so do fewer <see cref="Workers"/>. Default: 32.
    /// </summary>
    public int MicroBatchSize { get; init; } = 32;

    /// <summary>
    /// Micro-batches computed side by side in training on the processor, each with its share of the threads. More of them wait less for each other; each
    /// needs enough to do, and memory. 0 chooses by the size of the batch. Default: 0.
    /// </summary>
    public int Workers { get; init; }

    /// <summary>
    /// Whether training keeps of each block the input only, and computes the block again on the way back: far less memory for activations, for about a third
    /// more time (docs/reliability.md has figures). Default: false.
    /// </summary>
    public bool RecomputeActivations { get; init; }

    /// <summary>
    /// Whether training uses all processes of a job that mpirun, srun or their like started (<see cref="DistributedJob"/>): each computes its share of every batch. False: every
    /// process trains for itself. Default: true.
    /// </summary>
    public bool Distributed { get; init; } = true;

    /// <summary>
    /// Whether each of the processes that train together keeps the optimizer's moments of its part of the weights only, 8 bytes a weight over their number, and sends the weights that it has
    /// moved to the others: as many bytes go over the network as without. Stage 1 of ZeRO (Rajbhandari et al., 2020). Checkpoints are the same, and can be resumed either way. Default: false.
    /// </summary>
    public bool ShardOptimizer { get; init; }

    /// <summary>The same options with the <see cref="Device"/> and the <see cref="Precision"/> that this machine has for them: neither is automatic any more.</summary>
    /// <exception cref="ArgumentException"><see cref="Device"/>, or the environment variable <c>PLD_DEVICE</c> that stands for <c>auto</c>, is no device.</exception>
    /// <exception cref="InvalidOperationException">The device is not on this machine.</exception>
    public RuntimeOptions Resolve()
    {
        var device = DeviceChoice.Resolve(Device);
        return this with
        {
            Device = device.type == DeviceType.CPU ? "cpu" : device.index >= 0 ? $"cuda:{device.index}" : "cuda",
            Precision = PrecisionChoice.Resolve(Precision, device) == torch.bfloat16 ? Precision.BFloat16 : Precision.Float32,
        };
    }

    internal IEnumerable<string> Problems()
    {
        if (DeviceChoice.Problem(Device) is { } problem) yield return problem;
        if (!Enum.IsDefined(Precision)) yield return $"Precision is {Precision}; expected Auto, Float32 or BFloat16.";
        if (Threads is < 0 or > 4_096) yield return $"Threads is {Threads}; expected 0 (automatic) to 4096.";
        if (Workers is < 0 or > 1_024) yield return $"Workers is {Workers}; expected 0 (automatic) to 1024.";
        if (MicroBatchSize < 1) yield return $"MicroBatchSize is {MicroBatchSize}; expected at least 1.";
    }

    /// <summary>Resolves the options on this machine.</summary>
    internal (torch.Device Device, torch.ScalarType Type) Apply()
    {
        var device = DeviceChoice.Resolve(Device);
        if (Threads > 0) torch.set_num_threads(Threads);
        else if (Launcher.Current is { LocalSize: > 1 and var here } && !Shared && !Affinity.IsBound)
        {
            Shared = true; // once: the number stays
            torch.set_num_threads(Math.Max(1, torch.get_num_threads() / here));
        }
        return (device, PrecisionChoice.Resolve(Precision, device));
    }

    private static bool Shared { get; set; }

    /// <summary>What the last bits of a result depend on, by name.</summary>
    internal IReadOnlyDictionary<string, string> Values(torch.Device device, torch.ScalarType type, StepCut cut, int ranks)
    {
        var values = Always(device, type, cut, ranks);
        if (ShardOptimizer && ranks > 1) values["ShardOptimizer"] = "True"; // checkpoints of before there was the choice do not say
        return values;
    }

    private static SortedDictionary<string, string> Always(torch.Device device, torch.ScalarType type, StepCut cut, int ranks) => new()
    {
        ["Device"] = device.type.ToString(),
        ["Instructions"] = $"{RuntimeInformation.ProcessArchitecture}, vectors of {(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)} bits",
        ["MicroBatchSize"] = cut.MicroBatchSize.ToString(CultureInfo.InvariantCulture),
        ["Precision"] = type.ToString(),
        ["Ranks"] = ranks.ToString(CultureInfo.InvariantCulture),
        ["RecomputeActivations"] = cut.Recompute.ToString(),
        ["Processor"] = Processor,
        ["TorchSharp"] = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "",
        ["Threads"] = torch.get_num_threads().ToString(CultureInfo.InvariantCulture),
        ["Workers"] = cut.Workers.ToString(CultureInfo.InvariantCulture),
    };

    // Libraries of matrix products choose by it. Vendor, and family, model and stepping as the processor gives them.
    private static string Processor
    {
        get
        {
            if (!X86Base.IsSupported) return "";
            var (_, b, c, d) = X86Base.CpuId(0, 0);
            return $"{Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>([b, d, c]))} {X86Base.CpuId(1, 0).Eax:x}";
        }
    }

    /// <summary>How a step's batch is cut.</summary>
    /// <param name="device">Where it is computed.</param>
    /// <param name="batchSize">Sequences of a step, or of a rank's share of it.</param>
    /// <param name="length">Tokens of a sequence, about.</param>
    internal StepCut Cut(torch.Device device, int batchSize, int length)
    {
        const long fewTokens = 128; // a worker has gradients of its own to be added up; fewer tokens have not been tried (docs/LOG.md)
        const int most = 8; // each holds gradients of its own
        var workers = device.type != DeviceType.CPU ? 1
            : Workers > 0 ? Math.Min(Workers, batchSize)
            : (int)Math.Clamp((long)batchSize * length / fewTokens, 1, Math.Min(Math.Min(torch.get_num_threads(), most), batchSize));
        var rounds = (batchSize - 1) / ((long)MicroBatchSize * workers) + 1;
        return new(workers, (int)((batchSize - 1) / (rounds * workers) + 1), RecomputeActivations);
    }
}
