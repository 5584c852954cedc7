using System.Diagnostics;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>How a parser took one input.</summary>
/// <param name="Unexpected">An exception that is not documented.</param>
/// <param name="IsRefused">Whether the documented one was thrown.</param>
/// <param name="Seconds">It took.</param>
/// <param name="Allocated">Bytes: managed ones of all kinds, and the most that libtorch held at a time.</param>
internal sealed record FuzzTrial(Exception? Unexpected, bool IsRefused, double Seconds, long Allocated)
{
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    public static FuzzTrial Run(FuzzTarget target, byte[] input)
    {
        var (heap, before, start) = (HeapMeter.BytesInUse, GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        MeteredStream.Restart();
        Exception? unexpected = null;
        var isRefused = false;
        try
        {
            target.Parse(input);
        }
        catch (InvalidDataException)
        {
            isRefused = true;
        }
        catch (Exception failure)
        {
            unexpected = failure;
        }
        return new(unexpected, isRefused, Stopwatch.GetElapsedTime(start).TotalSeconds, GC.GetAllocatedBytesForCurrentThread() - before + Math.Max(0, MeteredStream.Peak - heap));
    }

    /// <summary>The same on a new thread: one for which no pool has kept a buffer.</summary>
    public static FuzzTrial RunAfresh(FuzzTarget target, byte[] input)
    {
        FuzzTrial? trial = null;
        var thread = new Thread(() => trial = Run(target, input));
        thread.Start();
        thread.Join();
        return trial!;
    }

    /// <summary>The bytes allocated above the allowance, for each byte of the files.</summary>
    public double Factor(FuzzTarget target, byte[] input) => (double)Math.Max(0, Allocated - target.Allowance) / Math.Max(1, input.Length + target.OtherBytes);
}
