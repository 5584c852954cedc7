using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>The number format in which encoder blocks compute. Weights, optimizer state and losses are float32 in either.</summary>
public enum Precision
{
    /// <summary><see cref="BFloat16"/> on CUDA devices, and on processors that multiply it natively (AVX512-BF16 or AMX); else <see cref="Float32"/>.</summary>
    Auto,

    /// <summary>32-bit floating point.</summary>
    Float32,

    /// <summary>bfloat16: about twice as fast as float32 where the hardware has it, at equal loss.</summary>
    BFloat16,
}

internal static class PrecisionChoice
{
    /// <summary>The type of activations on <paramref name="device"/>.</summary>
    public static torch.ScalarType Resolve(Precision precision, torch.Device device) => precision switch
    {
        Precision.Float32 => torch.ScalarType.Float32,
        Precision.BFloat16 => torch.ScalarType.BFloat16,
        Precision.Auto => HasNativeBFloat16(device) ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Precision is Auto, Float32 or BFloat16."),
    };

    // NVIDIA's cards have it from Ampere (2020) on; older ones convert, at float32's speed.
    private static bool HasNativeBFloat16(torch.Device device) =>
        device.type == DeviceType.CUDA || ProcessorHasBFloat16;

    // CPUID leaf 7, sub-leaf 1, EAX bit 5: AVX512_BF16; leaf 7, sub-leaf 0, EDX bit 22: AMX-BF16. .NET has no property for either.
    private static bool ProcessorHasBFloat16 { get; } = Avx512F.IsSupported
        && ((X86Base.CpuId(7, 1).Eax & 1 << 5) != 0 || (X86Base.CpuId(7, 0).Edx & 1 << 22) != 0);
}
