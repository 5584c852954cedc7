using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>An MPI library that is installed on the machine: OpenMPI, MPICH or what is made from it (Intel MPI, MVAPICH, MS-MPI), or one with the binary interface of MPI 5.</summary>
/// <remarks>
/// One binding for all of them: handles travel as machine words (an int in the low half of a register is read as such on x64 and arm64), outputs go to zeroed slots of eight
/// bytes, and arrays of handles are never passed.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    /// <summary>The environment variable that names the library: <c>PLD_MPI_LIBRARY</c>.</summary>
    public const string Variable = "PLD_MPI_LIBRARY";

    private const int MostText = 8_192; // MPI_MAX_LIBRARY_VERSION_STRING, and more than MPI_MAX_ERROR_STRING

    private readonly nint _library;
    private readonly nint _inPlace;
    private readonly bool _hasStandardAbi;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, int*, nint, nint, nint, int> _sumScatter;
    private readonly delegate* unmanaged[Cdecl]<void*, int, nint, void*, int*, int*, nint, nint, int> _gather;
    private readonly delegate* unmanaged[Cdecl]<nint, int, int> _abort;

    private MpiLibrary(string name, nint library)
    {
        (Name, _library) = (name, library);
        // Who has MPI_Abi_get_version may still have the handles of before MPI 5.
        if (NativeLibrary.TryGetExport(library, "MPI_Abi_get_version", out var version) && IsStandard(version))
            (_hasStandardAbi, World, Float, Double, Int64, Byte, Add, ErrorsReturn, _inPlace) = (true, 0x101, 0x210, 0x214, 0x258, 0x247, 0x21, 0x143, 1);
        else if (NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out var world))
            (World, Float, Double, Int64, Byte, Add, ErrorsReturn, _inPlace) =
                (world, Export("ompi_mpi_float"), Export("ompi_mpi_double"), Export("ompi_mpi_int64_t"), Export("ompi_mpi_byte"), Export("ompi_mpi_op_sum"), Export("ompi_mpi_errors_return"), 1);
        else
            (World, Float, Double, Int64, Byte, Add, ErrorsReturn, _inPlace) = (0x44000000, 0x4c00040a, 0x4c00080b, 0x4c00083a, 0x4c00010d, 0x58000003, 0x54000001, -1);
        _allReduce = (delegate* unmanaged[Cdecl]<void*, void*, int, nint, nint, nint, int>)Export("MPI_Allreduce");
        _sumScatter = (delegate* unmanaged[Cdecl]<void*, void*, int*, nint, nint, nint, int>)Export("MPI_Reduce_scatter");
        _gather = (delegate* unmanaged[Cdecl]<void*, int, nint, void*, int*, int*, nint, nint, int>)Export("MPI_Allgatherv");
        _broadcast = (delegate* unmanaged[Cdecl]<void*, int, nint, int, nint, int>)Export("MPI_Bcast");
        _abort = (delegate* unmanaged[Cdecl]<nint, int, int>)Export("MPI_Abort");
    }

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>Types, and the sum, as the library calls them.</summary>
    public nint Float { get; }
    public nint Double { get; }
    public nint Int64 { get; }
    public nint Byte { get; }

    private nint World { get; }
    private nint Add { get; }
    private nint ErrorsReturn { get; }

    /// <summary>What the library says of itself, one line.</summary>
    public string Version
    {
        get
        {
            var text = stackalloc byte[MostText];
            var length = 0;
            ((delegate* unmanaged[Cdecl]<byte*, int*, int>)Export("MPI_Get_library_version"))(text, &length);
            return Text(text).Split('\n')[0];
        }
    }

    /// <summary>Loads the library that belongs to a launcher.</summary>
    /// <exception cref="DllNotFoundException">There is none.</exception>
    public static MpiLibrary Load(LauncherKind launcher)
    {
        string[] open = ["libmpi.so.40"], mpich = ["libmpich.so.12", "libmpi.so.12"];
        string[] names = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? [named]
            : OperatingSystem.IsWindows() ? ["msmpi.dll", "impi.dll"]
            : OperatingSystem.IsMacOS() ? (launcher == LauncherKind.Hydra ? ["libmpi.12.dylib", "libmpi.40.dylib"] : ["libmpi.40.dylib", "libmpi.12.dylib"])
            : ["libmpi_abi.so.0", .. launcher == LauncherKind.Hydra ? mpich : open, .. launcher == LauncherKind.Hydra ? open : mpich];
        var failures = new List<string>();
        foreach (var name in names)
            if (TryOpen(name, failures) is { } library) return new MpiLibrary(name, library);
        throw new DllNotFoundException(
            $"This process is one of several of an MPI job, but no MPI library loads: {string.Join("; ", failures)}. Install the one that the job was started with, or set {Variable} to its path.");
    }

    /// <summary>Takes part in the job.</summary>
    /// <returns>The number of this process, how many there are, and whether any thread may call the library at any time.</returns>
    /// <exception cref="InvalidOperationException">The library refuses.</exception>
    public (int Rank, int Size, bool IsForAllThreads) Initialize()
    {
        // MPI_THREAD_MULTIPLE, so that a watchdog may end a job whose other thread is stuck.
        var multiple = _hasStandardAbi ? 4_096 : 3;
        int provided = 0, rank = 0, size = 0;
        Check(((delegate* unmanaged[Cdecl]<int*, byte***, int, int*, int>)Export("MPI_Init_thread"))(null, null, multiple, &provided), "MPI_Init_thread");
        Check(((delegate* unmanaged[Cdecl]<nint, nint, int>)Export("MPI_Comm_set_errhandler"))(World, ErrorsReturn), "MPI_Comm_set_errhandler");
        Check(((delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_rank"))(World, &rank), "MPI_Comm_rank");
        Check(((delegate* unmanaged[Cdecl]<nint, int*, int>)Export("MPI_Comm_size"))(World, &size), "MPI_Comm_size");
        return (rank, size, provided >= multiple);
    }

    public void SumInPlace(void* values, int count, nint type) => Check(_allReduce((void*)_inPlace, values, count, type, Add, World), "MPI_Allreduce");

    public void SumScatterInPlace(void* values, int* counts, nint type) => Check(_sumScatter((void*)_inPlace, values, counts, type, Add, World), "MPI_Reduce_scatter");

    public void GatherInPlace(void* values, int* counts, int* places, nint type) => Check(_gather((void*)_inPlace, 0, type, values, counts, places, type, World), "MPI_Allgatherv");

    public void Broadcast(void* values, int count) => Check(_broadcast(values, count, Byte, 0, World), "MPI_Bcast");

    public void Abort(int code) => _abort(World, code);

    public void Leave() => ((delegate* unmanaged[Cdecl]<int>)Export("MPI_Finalize"))();

    private void Check(int result, string function)
    {
        if (result == 0) return;
        var text = stackalloc byte[MostText];
        var length = 0;
        ((delegate* unmanaged[Cdecl]<int, byte*, int*, int>)Export("MPI_Error_string"))(result, text, &length);
        throw new InvalidOperationException($"{function} of {Name} failed: {Text(text)}");
    }

    private nint Export(string name) => NativeLibrary.GetExport(_library, name);

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    private static bool IsStandard(nint function)
    {
        int major = -1, minor = -1;
        return ((delegate* unmanaged[Cdecl]<int*, int*, int>)function)(&major, &minor) == 0 && major >= 1;
    }

    // OpenMPI's parts look for its symbols among those that are everybody's, to which NativeLibrary does not add any.
    private static nint? TryOpen(string name, List<string> failures)
    {
        if (OperatingSystem.IsWindows()) return NativeLibrary.TryLoad(name, out var loaded) ? loaded : Failed($"'{name}' was not found");
        // UCX takes over SIGSEGV, by which .NET finds null references. Environment.SetEnvironmentVariable does not reach native code.
        _ = SetVariable("UCX_ERROR_SIGNALS", "", 0);
        const int now = 2;
        var global = OperatingSystem.IsMacOS() ? 8 : 0x100;
        return Open(name, now | global) is not 0 and var library ? library : Failed(Marshal.PtrToStringUTF8(Error()) ?? name);

        nint? Failed(string why)
        {
            failures.Add(why);
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "dlopen")]
    private static extern nint Open([MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags);

    [DllImport("libc", EntryPoint = "dlerror")]
    private static extern nint Error();

    [DllImport("libc", EntryPoint = "setenv")]
    private static extern int SetVariable([MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
