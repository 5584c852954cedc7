using System.Diagnostics;
using System.Numerics.Tensors;

namespace Microsoft.ML.PLD;

/// <summary>The processes of an MPI job.</summary>
/// <remarks>No rank outlives another: there is no recovery inside of a job. Whatever goes wrong on one ends all, with a message, and the job is started again from the last checkpoint.</remarks>
internal sealed unsafe class MpiCollective : ICollective
{
    private const int MostAtOnce = 1 << 28; // of numbers: counts are ints, and libraries multiply them by sizes

    private static readonly Lazy<MpiCollective> Started = new(() => new MpiCollective(Launcher.Current!));

    private readonly MpiLibrary _library;
    private readonly Watchdog _watchdog;
    private int _begun, _calls;
    private bool _hasAgreed; // on an end: what a rank does then, the others do, too
    private long _bytes;
    private float[]? _piece;

    private MpiCollective(Launcher launcher)
    {
        _library = MpiLibrary.Load(launcher.Kind);
        (Rank, Size, var isForAllThreads) = _library.Initialize();
        if (Size != launcher.Size)
            throw new InvalidOperationException(
                $"The job was started with {launcher.Size} processes, but {_library.Name} ({_library.Version}) sees {Size}: it is not the library of the launcher. Set {MpiLibrary.Variable} to the path of the one that is.");
        _watchdog = new Watchdog(operation => Abort(
            $"It has waited {Watchdog.Patience.TotalSeconds:F0} seconds for the others in {operation}: one of them hangs, or the network is cut. {Watchdog.Variable} sets how many seconds it waits."), isForAllThreads);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Leave();
    }

    /// <summary>This process's job. MPI is loaded by the first use.</summary>
    /// <exception cref="DllNotFoundException">There is no MPI library.</exception>
    /// <exception cref="InvalidOperationException">The library is not the launcher's.</exception>
    public static MpiCollective Instance => Started.Value;

    public int Rank { get; }

    public int Size { get; }

    public long Bytes => _bytes;

    public void Sum<T>(Span<T> values) where T : unmanaged
    {
        var type = typeof(T) == typeof(float) ? _library.Float : typeof(T) == typeof(double) ? _library.Double : typeof(T) == typeof(long) ? _library.Int64
            : throw new NotSupportedException($"{typeof(T).Name} is not summed; expected Single, Double or Int64.");
        _bytes += (long)values.Length * sizeof(T);
        fixed (T* start = values)
            for (var at = 0; at < values.Length; at += MostAtOnce)
                using (_watchdog.Watch("a sum"))
                    Sum(start + at, Math.Min(MostAtOnce, values.Length - at), type);
    }

    // In pieces: the library takes memory of its own for all that it is given.
    public void SumScatter(Span<float> values, ReadOnlySpan<int> counts)
    {
        const int most = 1 << 22; // 16 MB
        _bytes += (long)values.Length * sizeof(float) / 2;
        var size = Math.Max(1, most / counts.Length);
        Span<int> some = stackalloc int[counts.Length];
        _piece ??= new float[size * counts.Length];
        var rounds = (TensorPrimitives.Max(counts) - 1) / size + 1;
        for (var round = 0; round < rounds; round++)
        {
            var (place, own, length) = (0, 0, 0);
            for (var rank = 0; rank < counts.Length; rank++)
            {
                var from = (int)Math.Min((long)round * size, counts[rank]);
                some[rank] = Math.Min(size, counts[rank] - from);
                values.Slice(place + from, some[rank]).CopyTo(_piece.AsSpan(length));
                if (rank == Rank) own = place + from;
                place += counts[rank];
                length += some[rank];
            }
            fixed (float* start = _piece)
            fixed (int* many = some)
                using (_watchdog.Watch("a sum"))
                {
                    Interlocked.Increment(ref _calls);
                    _library.SumScatterInPlace(start, many, _library.Float);
                    Interlocked.Decrement(ref _calls);
                }
            _piece.AsSpan(0, some[Rank]).CopyTo(values[own..]);
        }
    }

    public void Gather(Span<float> values, ReadOnlySpan<int> counts)
    {
        _bytes += (long)values.Length * sizeof(float) / 2;
        Span<int> places = stackalloc int[counts.Length];
        for (var rank = 1; rank < counts.Length; rank++) places[rank] = places[rank - 1] + counts[rank - 1];
        fixed (float* start = values)
        fixed (int* many = counts, at = places)
            using (_watchdog.Watch("an exchange of weights"))
            {
                Interlocked.Increment(ref _calls);
                _library.GatherInPlace(start, many, at, _library.Float);
                Interlocked.Decrement(ref _calls);
            }
    }

    /// <summary>Watches over a wait for the other ranks that is not MPI's, until the result is disposed of.</summary>
    public IDisposable WatchOver(string operation)
    {
        _watchdog.Watch(operation);
        return new Watched(_watchdog);
    }

    public void Broadcast(Span<byte> values)
    {
        _bytes += values.Length;
        fixed (byte* start = values)
            for (var at = 0; at < values.Length; at += MostAtOnce)
                using (_watchdog.Watch("a broadcast"))
                {
                    Interlocked.Increment(ref _calls);
                    _library.Broadcast(start + at, Math.Min(MostAtOnce, values.Length - at));
                    Interlocked.Decrement(ref _calls);
                }
    }

    public bool Wait(bool isWell)
    {
        long unwell = isWell ? 0 : 1;
        Sum(&unwell, 1, _library.Int64);
        _hasAgreed |= unwell > 0;
        return unwell == 0;
    }

    public IDisposable Begin()
    {
        Interlocked.Increment(ref _begun);
        return new Work(this);
    }

    public void Abort(string reason)
    {
        Console.Error.WriteLine($"Rank {Rank} of {Size} on {Environment.MachineName} ends the job: {reason}");
        Console.Error.Flush();
        _library.Abort(1);
        Process.GetCurrentProcess().Kill(); // where MPI_Abort returns
    }

    private void Sum(void* values, int count, nint type)
    {
        Interlocked.Increment(ref _calls);
        _library.SumInPlace(values, count, type);
        Interlocked.Decrement(ref _calls);
    }

    // Leaving waits for the others, and they may be waiting for this process: then nobody would ever end.
    private void Leave()
    {
        if (Volatile.Read(ref _begun) > 0) Abort("It exits in the midst of training.");
        else if (Volatile.Read(ref _calls) > 0) Abort("It exits while it waits for the others.");
        else if (Environment.ExitCode != 0 && !_hasAgreed) Abort($"It ends with exit code {Environment.ExitCode} before it has trained.");
        else _library.Leave();
    }

    private sealed class Watched(Watchdog watchdog) : IDisposable
    {
        public void Dispose() => watchdog.Rest();
    }

    private sealed class Work(MpiCollective job) : IDisposable
    {
        private MpiCollective? _job = job;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _job, null) is not { } begun) return;
            Interlocked.Decrement(ref begun._begun);
            begun._hasAgreed = true;
        }
    }
}
