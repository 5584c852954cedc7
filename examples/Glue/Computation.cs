using System.Globalization;
using System.Runtime.Intrinsics.X86;
using Microsoft.ML.PLD;
using TorchSharp;

namespace Glue;

/// <summary>Where runs compute, and in which number format: resolved here and given to the library so, that a run's key says what it did, on whichever machine.</summary>
/// <param name="Device">As <see cref="RuntimeOptions.Device"/>; never <c>auto</c>.</param>
/// <param name="Precision">Never <see cref="Precision.Auto"/>.</param>
internal sealed record Computation(string Device, Precision Precision)
{
    private const string Variable = "PLD_DEVICE"; // the library's, for the same purpose

    /// <summary>The kind of device: <c>cpu</c> or <c>cuda</c>. Which of several cards it is, is no matter.</summary>
    public string Kind => Device.Split(':')[0];

    /// <exception cref="UsageException">PLD_DEVICE names no device, or one that is not there.</exception>
    public static Computation OnThisMachine(Precision wanted)
    {
        TorchRuntime.EnsureLoaded();
        return Of(wanted, Environment.GetEnvironmentVariable(Variable), torch.cuda_is_available() ? torch.cuda.device_count() : 0, ProcessorHasBFloat16);
    }

    /// <param name="wanted">The number format, or Auto.</param>
    /// <param name="named">What PLD_DEVICE says; null or empty: nothing.</param>
    /// <param name="cards">How many CUDA devices there are.</param>
    /// <param name="processorHasBFloat16">Whether the processor multiplies it natively.</param>
    internal static Computation Of(Precision wanted, string? named, int cards, bool processorHasBFloat16)
    {
        var device = named switch
        {
            null or "" or "auto" => cards > 0 ? "cuda" : "cpu",
            "cpu" => "cpu",
            _ when Card(named) is { } card => card < cards ? named : throw new UsageException($"{Variable} is '{named}', but there are {cards} CUDA devices that libtorch sees. Unset it, or set it to 'cpu'."),
            _ => throw new UsageException($"{Variable} is '{named}'; expected 'auto', 'cpu', 'cuda' or 'cuda:N' with N from 0."),
        };
        return new(device, wanted != Precision.Auto ? wanted : device != "cpu" || processorHasBFloat16 ? Precision.BFloat16 : Precision.Float32);
    }

    private static int? Card(string device) => device == "cuda" ? 0
        : device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // The rule of Precision.Auto. AVX512-BF16: CPUID leaf 7, sub-leaf 1, EAX bit 5; AMX-BF16: leaf 7, sub-leaf 0, EDX bit 22.
    private static bool ProcessorHasBFloat16 => Avx512F.IsSupported && ((X86Base.CpuId(7, 1).Eax & 1 << 5) != 0 || (X86Base.CpuId(7, 0).Edx & 1 << 22) != 0);
}
