namespace Microsoft.ML.PLD;

/// <summary>Where and how a run computes. Nothing here changes the result beyond rounding, except which activations dropout drops, where there is dropout.</summary>
public sealed record RuntimeOptions
{
    /// <summary><c>auto</c> (the environment variable <c>PLD_DEVICE</c> if it is set, else a CUDA device when there is one, else the processor), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>. Default: <c>auto</c>.</summary>
    public string Device { get; init; } = DeviceChoice.Auto;

    /// <summary>The number format of the encoder's activations. Default: <see cref="Precision.Auto"/>.</summary>
    public Precision Precision { get; init; } = Precision.Auto;

    /// <summary>Threads for one operation on the processor; 0 leaves libtorch's choice, one a core. It holds for the whole process. Default: 0.</summary>
    public int Threads { get; init; }

    /// <summary>
    /// The most sequences computed at once in training; a larger batch is accumulated from several micro-batches. Smaller takes less memory.
    /// Default: 32.
    /// </summary>
    public int MicroBatchSize { get; init; } = 32;

    internal IEnumerable<string> Problems()
    {
        if (DeviceChoice.Problem(Device) is { } problem) yield return problem;
        if (!Enum.IsDefined(Precision)) yield return $"Precision is {Precision}; expected Auto, Float32 or BFloat16.";
        if (Threads is < 0 or > 4_096) yield return $"Threads is {Threads}; expected 0 (automatic) to 4096.";
        if (MicroBatchSize < 1) yield return $"MicroBatchSize is {MicroBatchSize}; expected at least 1.";
    }

    /// <summary>Resolves the options on this machine.</summary>
    internal (TorchSharp.torch.Device Device, TorchSharp.torch.ScalarType Type) Apply()
    {
        var device = DeviceChoice.Resolve(Device);
        if (Threads > 0) TorchSharp.torch.set_num_threads(Threads);
        return (device, PrecisionChoice.Resolve(Precision, device));
    }
}
