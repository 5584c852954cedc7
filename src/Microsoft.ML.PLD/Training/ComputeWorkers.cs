using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Threads that compute batches side by side, each with a share of the cores to itself: less waiting for each other than at every operation.</summary>
internal sealed class ComputeWorkers : IDisposable
{
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim[] _start;
    private readonly CountdownEvent _ready;
    private Action<int>? _work;
    private volatile ExceptionDispatchInfo? _failure;

    /// <param name="count">Threads; 1 means none: the caller's does the work.</param>
    public ComputeWorkers(int count)
    {
        Count = count;
        var cores = torch.get_num_threads();
        _start = [.. Enumerable.Range(0, count == 1 ? 0 : count).Select(_ => new SemaphoreSlim(0))];
        _ready = new CountdownEvent(Math.Max(1, _start.Length));
        _threads = [.. _start.Select((_, worker) => new Thread(() => Loop(worker, Math.Max(1, cores / count + (worker < cores % count ? 1 : 0)))) { IsBackground = true, Name = $"PLD worker {worker}" })];
        if (_threads.Length == 0) return;
        foreach (var thread in _threads) thread.Start();
        _ready.Wait();
        torch.set_num_threads(cores); // a thread's own setting is the default of threads that come later, too
    }

    public int Count { get; }

    /// <summary>Does the work once on each thread, and waits.</summary>
    /// <param name="work">Told which thread it is on: 0 to <see cref="Count"/> - 1.</param>
    public void Run(Action<int> work)
    {
        if (Count == 1)
        {
            work(0);
            return;
        }
        (_work, _failure) = (work, null);
        _ready.Reset();
        foreach (var start in _start) start.Release();
        _ready.Wait();
        _work = null;
        _failure?.Throw();
    }

    public void Dispose()
    {
        _work = null;
        foreach (var start in _start) start.Release();
        foreach (var thread in _threads) thread.Join();
        foreach (var start in _start) start.Dispose();
        _ready.Dispose();
    }

    private void Loop(int worker, int threads)
    {
        _ = torch.get_num_threads(); // libtorch sets a thread up at its first use, and would overwrite what is set before
        torch.set_num_threads(threads);
        _ready.Signal();
        while (true)
        {
            _start[worker].Wait();
            if (_work is not { } work) return;
            try
            {
                work(worker);
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
            _ready.Signal();
        }
    }
}
