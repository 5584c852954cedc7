using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.PLD.Tests;

/// <summary>NCCL's functions as native code would have them, for threads of this process that are the ranks, and memory of the processor.</summary>
internal static unsafe class FakeNccl
{
    private static readonly nint[] Given = new nint[16];
    private static Barrier _barrier = new(1);

    [ThreadStatic]
    private static int _depth; // of groups

    /// <summary>Calls outside of groups that would wait for ever in one thread a rank.</summary>
    public static int Lonely { get; private set; }

    /// <summary>What the next call of ncclAllReduce returns.</summary>
    public static int Failure { get; set; }

    public static NcclLibrary Library(int ranks)
    {
        (_barrier, Lonely, Failure) = (new Barrier(ranks), 0, 0);
        return new(name => name switch
        {
            "ncclGetUniqueId" => (nint)(delegate* unmanaged[Cdecl]<NcclLibrary.UniqueId*, int>)&GetUniqueId,
            "ncclCommInitRank" => (nint)(delegate* unmanaged[Cdecl]<nint*, int, NcclLibrary.UniqueId, int, int>)&CommInitRank,
            "ncclAllReduce" => (nint)(delegate* unmanaged[Cdecl]<float*, float*, nuint, int, int, nint, nint, int>)&AllReduce,
            "ncclReduce" => (nint)(delegate* unmanaged[Cdecl]<float*, float*, nuint, int, int, int, nint, nint, int>)&Reduce,
            "ncclBroadcast" => (nint)(delegate* unmanaged[Cdecl]<float*, float*, nuint, int, int, nint, nint, int>)&Broadcast,
            "ncclGroupStart" => (nint)(delegate* unmanaged[Cdecl]<int>)&GroupStart,
            "ncclGroupEnd" => (nint)(delegate* unmanaged[Cdecl]<int>)&GroupEnd,
            "ncclGetErrorString" => (nint)(delegate* unmanaged[Cdecl]<int, byte*>)&GetErrorString,
            _ => throw new EntryPointNotFoundException(name),
        });
    }

    // By value, a structure of 128 bytes goes another way than its address does: all of it has to arrive.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GetUniqueId(NcclLibrary.UniqueId* id)
    {
        for (var i = 0; i < NcclLibrary.UniqueId.Size; i++) ((byte*)id)[i] = (byte)(7 * i + 1);
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CommInitRank(nint* job, int size, NcclLibrary.UniqueId id, int rank)
    {
        for (var i = 0; i < NcclLibrary.UniqueId.Size; i++)
            if (((byte*)&id)[i] != (byte)(7 * i + 1)) return 4;
        if (size != _barrier.ParticipantCount) return 4;
        *job = 1_000 + rank;
        _barrier.SignalAndWait();
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int AllReduce(float* from, float* to, nuint count, int type, int operation, nint job, nint stream) =>
        Failure != 0 ? Failure : type != 7 || operation != 0 || stream != 0 ? 4 : AddUp(from, to, (int)count, job, root: null);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Reduce(float* from, float* to, nuint count, int type, int operation, int root, nint job, nint stream)
    {
        if (_depth == 0) Lonely++;
        return type != 7 || operation != 0 || stream != 0 ? 4 : AddUp(from, to, (int)count, job, root);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Broadcast(float* from, float* to, nuint count, int type, int root, nint job, nint stream)
    {
        if (type != 7 || stream != 0) return 4;
        Given[job - 1_000] = (nint)from;
        _barrier.SignalAndWait();
        var values = new Span<float>((float*)Given[root], (int)count).ToArray();
        _barrier.SignalAndWait();
        values.CopyTo(new Span<float>(to, (int)count));
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GroupStart()
    {
        _depth++;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int GroupEnd() => --_depth < 0 ? 5 : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* GetErrorString(int code) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference("the cable is cut\0"u8));

    private static int AddUp(float* from, float* to, int count, nint job, int? root)
    {
        Given[job - 1_000] = (nint)from;
        _barrier.SignalAndWait();
        var sum = new float[count];
        for (var rank = 0; rank < _barrier.ParticipantCount; rank++)
            for (var i = 0; i < count; i++) sum[i] += ((float*)Given[rank])[i];
        _barrier.SignalAndWait();
        if (root is null || root == job - 1_000) sum.CopyTo(new Span<float>(to, count));
        return 0;
    }
}
