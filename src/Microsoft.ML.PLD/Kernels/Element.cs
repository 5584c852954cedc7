using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>A number format in memory, computed with as float32, sixteen numbers at once.</summary>
internal unsafe interface IElement
{
    static abstract Vector512<float> Load(void* start, nint index);

    static abstract void Store(Vector512<float> values, void* start, nint index);

    /// <summary>Thirty-two numbers on end.</summary>
    static abstract void Store(Vector512<float> first, Vector512<float> second, void* start, nint index);

    static abstract float Get(void* start, nint index);

    static abstract void Set(float value, void* start, nint index);
}

/// <summary>IEEE single precision.</summary>
internal readonly unsafe struct Float32Element : IElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* start, nint index) => Vector512.Load((float*)start + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, void* start, nint index) => values.Store((float*)start + index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> first, Vector512<float> second, void* start, nint index)
    {
        Store(first, start, index);
        Store(second, start, index + Vector512<float>.Count);
    }

    public static float Get(void* start, nint index) => ((float*)start)[index];

    public static void Set(float value, void* start, nint index) => ((float*)start)[index] = value;
}

/// <summary>The upper half of a float32, rounded to nearest even. Not a number stays not a number.</summary>
internal readonly unsafe struct BFloat16Element : IElement
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(void* start, nint index)
    {
        var halves = Vector256.Load((ushort*)start + index);
        var wide = Avx512F.IsSupported
            ? Avx512F.ConvertToVector512UInt32(halves)
            : Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
        return (wide << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> values, void* start, nint index)
    {
        var rounded = Round(values) >> 16;
        var halves = Avx512F.IsSupported
            ? Avx512F.ConvertToVector256UInt16(rounded)
            : Vector256.Narrow(rounded.GetLower(), rounded.GetUpper());
        halves.Store((ushort*)start + index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> first, Vector512<float> second, void* start, nint index)
    {
        if (Avx512BW.IsSupported)
        {
            // The upper half of each number of both, in one instruction.
            var upper = (Vector512<ushort>.Indices << 1) + Vector512<ushort>.One;
            Avx512BW.PermuteVar32x16x2(Round(first).AsUInt16(), upper, Round(second).AsUInt16()).Store((ushort*)start + index);
            return;
        }
        Store(first, start, index);
        Store(second, start, index + Vector512<float>.Count);
    }

    public static float Get(void* start, nint index) => BitConverter.UInt32BitsToSingle((uint)((ushort*)start)[index] << 16);

    public static void Set(float value, void* start, nint index)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        ((ushort*)start)[index] = float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    // In the upper half; the lower is what it happens to be.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = bits + Vector512.Create(0x7FFFu) + ((bits >> 16) & Vector512.Create(1u));
        // Adding could carry a NaN's payload over into infinity or zero.
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7FC00000u));
    }
}

/// <summary>Where a tensor's numbers lie.</summary>
internal static unsafe class TensorMemory
{
    /// <summary>The address of the first number of a contiguous tensor on the processor: libtorch's memory does not move while the tensor lives.</summary>
    public static nint Address(this torch.Tensor tensor)
    {
        if (!tensor.is_contiguous()) throw new ArgumentException("The tensor is not contiguous.", nameof(tensor));
        if (tensor.numel() == 0) return 0;
        if (tensor.numel() * tensor.ElementSize <= int.MaxValue)
        {
            fixed (byte* start = tensor.bytes) return (nint)start;
        }
        // A span has no room for more: of the first number only.
        using var first = tensor.detach().view(-1).narrow(0, 0, 1);
        fixed (byte* start = first.bytes) return (nint)start;
    }
}
