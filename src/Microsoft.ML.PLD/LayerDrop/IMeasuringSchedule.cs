namespace Microsoft.ML.PLD;

/// <summary>A schedule that looks at the encoder now and then. Checkpoints keep what was measured last, so that a run that is resumed stays the same.</summary>
public interface IMeasuringSchedule : ILayerSchedule
{
    /// <summary>Whether the change that each block makes to its input is measured before a step, on a part of the step's batch.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">The number of steps of the whole run: at least 1.</param>
    bool MeasuresBefore(long step, long totalSteps);

    /// <summary>The schedule as it is with a measurement.</summary>
    /// <param name="changes">Of each block, the one at the input first.</param>
    ILayerSchedule With(IReadOnlyList<BlockChange> changes);
}

/// <summary>What all schedules can do.</summary>
internal static class LayerScheduleExtensions
{
    /// <summary>The schedule as it is with what was measured; itself where nothing is, or it does not measure.</summary>
    public static ILayerSchedule Knowing(this ILayerSchedule schedule, IReadOnlyList<BlockChange>? measured) =>
        schedule is IMeasuringSchedule measuring && measured is not null ? measuring.With(measured) : schedule;
}
