namespace Microsoft.ML.PLD;

/// <summary>Lets a sink fail without the training failing with it: a full disk or a closed terminal ends the reports, once, and nothing else.</summary>
internal sealed class SinkGuard
{
    private readonly Lock _lock = new();

    /// <summary>Why the sink stopped; null while it works.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Runs <paramref name="report"/>, one caller at a time, unless an earlier one failed.</summary>
    public void Run(Action report)
    {
        lock (_lock)
            if (Failure is null) Try(report);
    }

    /// <summary>Runs <paramref name="close"/> even after a failure.</summary>
    public void Close(Action close)
    {
        lock (_lock) Try(close);
    }

    private void Try(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failure)
        {
            Failure ??= failure;
        }
    }
}
