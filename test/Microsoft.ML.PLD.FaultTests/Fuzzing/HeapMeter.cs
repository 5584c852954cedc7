using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The memory that libtorch has taken, as the C library counts it. On systems without glibc: nothing.</summary>
internal static partial class HeapMeter
{
    private static bool _isMissing = !OperatingSystem.IsLinux();

    public static long BytesInUse
    {
        get
        {
            if (_isMissing) return 0;
            try
            {
                var info = MallInfo();
                return (long)(info.InUse + info.Mapped);
            }
            catch (Exception failure) when (failure is DllNotFoundException or EntryPointNotFoundException)
            {
                _isMissing = true;
                return 0;
            }
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial Info MallInfo();

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Info
    {
        public readonly nuint Arena, FreeChunks, FastChunks, MappedChunks, Mapped, Unused, FastFree, InUse, Free, Top;
    }
}
