namespace Microsoft.ML.PLD;

/// <summary>Lets many threads use something at once, and its end wait for them; who comes later is told.</summary>
/// <param name="name">What it guards, for the exception.</param>
internal sealed class UseGuard(string name)
{
    private readonly ReaderWriterLockSlim _use = new();
    private volatile bool _ended;

    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public void ThrowIfEnded()
    {
        if (_ended) throw new ObjectDisposedException(name);
    }

    /// <summary>Keeps the end from coming until the result is disposed of, on the same thread.</summary>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public Usage Use()
    {
        _use.EnterReadLock();
        if (!_ended) return new Usage(_use);
        _use.ExitReadLock();
        throw new ObjectDisposedException(name);
    }

    /// <summary>Waits for those who use it, and frees it; the second time nothing.</summary>
    public void End(Action free)
    {
        _use.EnterWriteLock();
        try
        {
            if (!_ended) free();
            _ended = true;
        }
        finally
        {
            _use.ExitWriteLock();
        }
    }

    /// <summary>A use that goes on until it is disposed of.</summary>
    public readonly ref struct Usage(ReaderWriterLockSlim held)
    {
        public void Dispose() => held.ExitReadLock();
    }
}
