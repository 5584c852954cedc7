using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD;

/// <summary>NCCL, NVIDIA's library for sums over devices: the one that libtorch brings along, or one that is installed. https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/api.html.</summary>
internal sealed unsafe class NcclLibrary
{
    /// <summary>The environment variable that names the library: <c>PLD_NCCL_LIBRARY</c>.</summary>
    public const string Variable = "PLD_NCCL_LIBRARY";

    private const int Float32 = 7, Add = 0;

    private readonly Func<string, nint> _export;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, nuint, int, int, nint, nint, int> _allReduce;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, nuint, int, int, int, nint, nint, int> _reduce;
    private readonly delegate* unmanaged[Cdecl]<void*, void*, nuint, int, int, nint, nint, int> _broadcast;
    private readonly delegate* unmanaged[Cdecl]<int> _groupStart, _groupEnd;

    /// <param name="export">The address of a function of the library.</param>
    /// <exception cref="EntryPointNotFoundException">It has not all of them.</exception>
    public NcclLibrary(Func<string, nint> export)
    {
        _export = export;
        _allReduce = (delegate* unmanaged[Cdecl]<void*, void*, nuint, int, int, nint, nint, int>)export("ncclAllReduce");
        _reduce = (delegate* unmanaged[Cdecl]<void*, void*, nuint, int, int, int, nint, nint, int>)export("ncclReduce");
        _broadcast = (delegate* unmanaged[Cdecl]<void*, void*, nuint, int, int, nint, nint, int>)export("ncclBroadcast");
        _groupStart = (delegate* unmanaged[Cdecl]<int>)export("ncclGroupStart");
        _groupEnd = (delegate* unmanaged[Cdecl]<int>)export("ncclGroupEnd");
    }

    /// <summary>The library that this process has, or can load; null: there is none.</summary>
    public static NcclLibrary? TryLoad()
    {
        string[] names = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? [named] : ["libtorch_cuda.so", "libnccl.so.2"];
        foreach (var name in names)
            if (NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "ncclAllReduce", out _))
                return new NcclLibrary(function => NativeLibrary.GetExport(library, function));
        return null;
    }

    /// <summary>What names a job, made on one rank and given to all.</summary>
    public UniqueId NewId()
    {
        UniqueId id;
        Check(((delegate* unmanaged[Cdecl]<UniqueId*, int>)_export("ncclGetUniqueId"))(&id), "ncclGetUniqueId");
        return id;
    }

    /// <summary>Takes part in a job, with the device that is the thread's.</summary>
    /// <returns>What the other functions call the job.</returns>
    public nint Join(UniqueId id, int rank, int size)
    {
        nint job = 0;
        Check(((delegate* unmanaged[Cdecl]<nint*, int, UniqueId, int, int>)_export("ncclCommInitRank"))(&job, size, id, rank), "ncclCommInitRank");
        return job;
    }

    // On stream 0, libtorch's own: in the order of its operations.
    public void Sum(nint job, float* values, long count) => Check(_allReduce(values, values, (nuint)count, Float32, Add, job, 0), "ncclAllReduce");

    public void SumAt(nint job, float* values, long count, int root) => Check(_reduce(values, values, (nuint)count, Float32, Add, root, job, 0), "ncclReduce");

    public void Broadcast(nint job, float* values, long count, int root) => Check(_broadcast(values, values, (nuint)count, Float32, root, job, 0), "ncclBroadcast");

    /// <summary>Calls that go as one: each alone would wait for the others.</summary>
    public void Together(Action calls)
    {
        Check(_groupStart(), "ncclGroupStart");
        calls();
        Check(_groupEnd(), "ncclGroupEnd");
    }

    private void Check(int result, string function)
    {
        if (result == 0) return;
        var text = ((delegate* unmanaged[Cdecl]<int, byte*>)_export("ncclGetErrorString"))(result);
        throw new InvalidOperationException($"{function} failed: {Marshal.PtrToStringUTF8((nint)text)}");
    }

    /// <summary>A name, passed by value.</summary>
    public struct UniqueId
    {
        public const int Size = 128;

        private fixed byte _bytes[Size];
    }
}
