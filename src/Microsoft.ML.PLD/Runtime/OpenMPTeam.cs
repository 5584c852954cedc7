using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>Runs our kernels on the threads that libtorch's operations run on: GNU OpenMP's.</summary>
/// <remarks>
/// They have just finished the operation before, and spin briefly: the thread pool's would have to be woken, and two sets of threads would compete for the
/// cores. Where that entry point is not found (Windows, macOS), the thread pool does the work.
/// </remarks>
internal static unsafe class OpenMPTeam
{
    // void GOMP_parallel(void (*fn)(void *), void *data, unsigned num_threads, unsigned flags): the entry point of "#pragma omp parallel", stable since GCC 4.9.
    private static readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> Native = Find();

    /// <summary>False: the thread pool does the work.</summary>
    public static bool IsAvailable => Native != null;

    /// <summary>Calls the body once for each of so many numbers from 0, in any order, on any of the threads.</summary>
    /// <param name="count">How many numbers.</param>
    /// <param name="threads">How many threads, the caller's among them.</param>
    /// <param name="body">Told the number. What it throws is thrown here, when all threads have ended.</param>
    public static void For(int count, int threads, Action<int> body) => For(count, threads, body, onPool: !IsAvailable);

    internal static void For(int count, int threads, Action<int> body, bool onPool)
    {
        var work = new Work(count, body);
        if (onPool) OnPool(work, threads);
        else OnTeam(work, threads);
        work.Failure?.Throw();
    }

    private static void OnTeam(Work work, int threads)
    {
        var handle = GCHandle.Alloc(work);
        try
        {
            Native(&Enter, GCHandle.ToIntPtr(handle), (uint)threads, 0);
        }
        finally
        {
            handle.Free();
        }
    }

    private static void OnPool(Work work, int threads) =>
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => work.Take());

    [UnmanagedCallersOnly]
    private static void Enter(nint handle) => ((Work)GCHandle.FromIntPtr(handle).Target!).Take();

    private static delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> Find()
    {
        if (!OperatingSystem.IsLinux()) return null;
        // Sought in libtorch and in what it depends on: the library's own name differs from build to build.
        var torch = NativeLibrary.Load(NativeSearch.Find([TorchRuntime.LibtorchFolder], "torch_cpu")!);
        return NativeLibrary.TryGetExport(torch, "GOMP_parallel", out var parallel)
            ? (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)parallel
            : null;
    }

    private sealed class Work(int count, Action<int> body)
    {
        private int _taken;
        private volatile ExceptionDispatchInfo? _failure;

        public ExceptionDispatchInfo? Failure => _failure;

        // No exception may pass through native code.
        public void Take()
        {
            try
            {
                for (int number; _failure is null && (number = Interlocked.Increment(ref _taken) - 1) < count;) body(number);
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        }
    }
}
