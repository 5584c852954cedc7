using System.Diagnostics;
using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>How a parser took one input.</summary>
/// <param name="Unexpected">An exception that is not documented.</param>
/// <param name="IsRefused">Whether the documented one was thrown.</param>
/// <param name="Seconds">It took.</param>
/// <param name="Allocated">Bytes: managed ones of all kinds, and the most that libtorch held at a time.</param>
/// <param name="Leaked">Tensors that nobody has freed.</param>
internal sealed record FuzzTrial(Exception? Unexpected, bool IsRefused, double Seconds, long Allocated, long Leaked)
{
    public static readonly TimeSpan Slow = TimeSpan.FromSeconds(2);

    private const int Confirmations = 6;

    public static FuzzTrial Run(FuzzTarget target, byte[] input)
    {
        var (heap, before, start) = (HeapMeter.BytesInUse, GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        var live = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        MeteredStream.Restart();
        Exception? unexpected = null;
        var isRefused = false;
        object? parsed = null;
        try
        {
            parsed = target.Parse(input);
        }
        catch (InvalidDataException)
        {
            isRefused = true;
        }
        catch (Exception failure)
        {
            unexpected = failure;
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before + Math.Max(0, MeteredStream.Peak - heap);
        try
        {
            if (parsed is not null) target.Use(parsed);
        }
        catch (Exception failure)
        {
            unexpected = failure;
        }
        (parsed as IDisposable)?.Dispose();
        return new(unexpected, isRefused, Stopwatch.GetElapsedTime(start).TotalSeconds, allocated, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - live);
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

    /// <summary>The least memory of some more trials: what is made once in a process is not the file's doing, nor is what the runtime's own threads (the compiler, the collector) take meanwhile.</summary>
    public FuzzTrial Confirm(FuzzTarget target, byte[] input)
    {
        var least = long.MaxValue;
        for (var trial = 0; trial < Confirmations && Factor(target, input, least) > target.FactorFor(input); trial++)
        {
            if (trial > 0) Thread.Sleep(20 << trial); // until these have ended what they are at
            least = Math.Min(least, RunAfresh(target, input).Allocated);
        }
        return this with { Allocated = least };
    }

    // What a tensor takes beside its numbers, on both sides of the border to libtorch; measured: about 1,800, with its places in lists and scopes.
    private const int BytesPerTensor = 2_048;

    /// <summary>The bytes allocated above the allowance, for each byte of the files.</summary>
    public double Factor(FuzzTarget target, byte[] input) => Factor(target, input, Allocated);

    private static double Factor(FuzzTarget target, byte[] input, long allocated) =>
        (double)Math.Max(0, allocated - target.Allowance - target.Tensors * BytesPerTensor) / Math.Max(1, input.Length + target.OtherBytes);
}
