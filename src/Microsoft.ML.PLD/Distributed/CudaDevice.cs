using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>CUDA's own choice of a device for a thread, which libtorch does not make for others.</summary>
internal static unsafe class CudaDevice
{
    // Of CUDA 11, 12 and 13; libtorch has loaded one.
    private static readonly string[] Names = ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"];

    /// <summary>Makes a device this thread's.</summary>
    /// <returns>Whether it is.</returns>
    public static bool TryUse(torch.Device device)
    {
        foreach (var name in Names)
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "cudaSetDevice", out var set))
                return ((delegate* unmanaged[Cdecl]<int, int>)set)(Math.Max(0, device.index)) == 0;
        return device.index <= 0; // the first one is a thread's to begin with
    }
}
