namespace Microsoft.ML.PLD;

/// <summary>What all schedules can do.</summary>
internal static class LayerScheduleExtensions
{
    /// <summary>All copies of a part of the run, one after another, as one; null: there are none.</summary>
    /// <param name="schedule">Whose.</param>
    /// <param name="from">The first number of steps done, at least 1.</param>
    /// <param name="to">The last.</param>
    /// <param name="totalSteps">The number of steps of the whole run.</param>
    /// <param name="layers">The number of blocks, L.</param>
    public static BlockCopies? CopiesAfter(this ILayerSchedule schedule, long from, long to, long totalSteps, int layers)
    {
        BlockCopies? all = null;
        for (var stepsDone = from; stepsDone <= to; stepsDone++)
            if (schedule.CopiesAfter(stepsDone, totalSteps, layers) is { } copies) all = all is null ? copies : all.Then(copies);
        return all;
    }

    /// <summary>Whether there is a measurement before any step of a part of the run.</summary>
    /// <param name="schedule">Whose.</param>
    /// <param name="from">The first step.</param>
    /// <param name="to">The last.</param>
    /// <param name="totalSteps">The number of steps of the whole run.</param>
    public static bool MeasuresFrom(this ILayerSchedule schedule, long from, long to, long totalSteps)
    {
        for (var step = from; step <= to; step++)
            if (schedule.MeasuresBefore(step, totalSteps)) return true;
        return false;
    }
}
