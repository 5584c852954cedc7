using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Tells a lack of memory from other failures, whoever ran out of it.</summary>
internal static class OutOfMemory
{
    // libtorch's allocators for the processor and for CUDA devices.
    private static readonly string[] Signs = ["not enough memory", "can't allocate memory", "out of memory"];

    public static bool Is(Exception failure) => failure is OutOfMemoryException
        || failure is ExternalException && Signs.Any(sign => failure.Message.Contains(sign, StringComparison.OrdinalIgnoreCase));
}
