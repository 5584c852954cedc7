namespace Microsoft.ML.PLD;

/// <summary>How fast a stage goes and how long it still takes.</summary>
/// <param name="Elapsed">Time since the meter was made.</param>
/// <param name="TokensPerSecond">Over the last <see cref="ThroughputMeter.Window"/> measurements.</param>
/// <param name="Remaining">From the mean time of a step since the meter was made, validations and checkpoints included.</param>
internal readonly record struct Throughput(TimeSpan Elapsed, double TokensPerSecond, TimeSpan? Remaining);

/// <summary>Measures a stage's speed from what is done so far.</summary>
/// <param name="totalSteps">The steps of the whole stage.</param>
/// <param name="firstStep">Steps done before the meter was made: not 0 after a resume.</param>
/// <param name="clock">Null: the system's.</param>
internal sealed class ThroughputMeter(long totalSteps, long firstStep = 0, TimeProvider? clock = null)
{
    /// <summary>Measurements that the speed is averaged over.</summary>
    public const int Window = 20;

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly long _start = (clock ?? TimeProvider.System).GetTimestamp();
    private readonly Queue<(TimeSpan Elapsed, long Tokens)> _recent = new([(TimeSpan.Zero, 0)]);

    /// <summary>Takes a measurement.</summary>
    /// <param name="step">Steps done, those before a resume included.</param>
    /// <param name="tokens">Tokens trained on since the meter was made.</param>
    public Throughput Measure(long step, long tokens)
    {
        var elapsed = _clock.GetElapsedTime(_start);
        var (since, before) = _recent.Peek();
        if (_recent.Count == Window) _recent.Dequeue();
        _recent.Enqueue((elapsed, tokens));

        var seconds = (elapsed - since).TotalSeconds;
        var measured = step - firstStep;
        return new(
            elapsed,
            seconds > 0 ? (tokens - before) / seconds : 0,
            measured > 0 ? elapsed * ((double)Math.Max(0, totalSteps - step) / measured) : null);
    }
}
