using System.Collections.Concurrent;

namespace Microsoft.ML.PLD;

/// <summary>Prepares the next batches on another thread while the current one trains.</summary>
internal sealed class BatchPrefetcher<T> : IDisposable
{
    private readonly BlockingCollection<T> _ready;
    private readonly CancellationTokenSource _stop;
    private readonly Task _producer;
    private bool _disposed;

    /// <param name="batches">Enumerated on the other thread, and disposed of there.</param>
    /// <param name="capacity">How many batches may wait.</param>
    /// <param name="cancellationToken">Ends both sides.</param>
    public BatchPrefetcher(IEnumerable<T> batches, int capacity = 4, CancellationToken cancellationToken = default)
    {
        _ready = new BlockingCollection<T>(capacity);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _producer = Task.Factory.StartNew(() => Produce(batches), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The next batch, in order; waits until it is ready.</summary>
    /// <returns>False when there are no more.</returns>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    /// <remarks>An exception of the other thread is thrown here as it is, after the batches that were made before it.</remarks>
    public bool TryNext([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T batch)
    {
        if (_ready.TryTake(out batch, Timeout.Infinite, _stop.Token)) return true;
        _producer.GetAwaiter().GetResult();
        return false;
    }

    /// <summary>Stops the other thread and waits for it.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _stop.Cancel();
        _producer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        _stop.Dispose();
        _ready.Dispose();
    }

    private void Produce(IEnumerable<T> batches)
    {
        try
        {
            foreach (var batch in batches) _ready.Add(batch, _stop.Token);
        }
        finally
        {
            _ready.CompleteAdding();
        }
    }
}
