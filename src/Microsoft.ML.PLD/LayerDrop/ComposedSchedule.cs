namespace Microsoft.ML.PLD;

/// <summary>Schedules one after another, each for a share of the run, as if that were a run of its own.</summary>
public sealed record ComposedSchedule : ILayerSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="parts">The schedules in order, each with the share of the run's steps at which it ends; the last ends at 1.</param>
    /// <exception cref="ArgumentException">There are none, or the shares do not rise to 1.</exception>
    public ComposedSchedule(params (ILayerSchedule Schedule, double Until)[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var last = 0.0;
        foreach (var (schedule, until) in parts)
        {
            if (schedule is null) throw new ArgumentException("A part has no schedule.", nameof(parts));
            if (!(until > last && until <= 1)) throw new ArgumentException($"A part ends at the share {until} of the steps; expected more than {last}, up to 1.", nameof(parts));
            last = until;
        }
        if (last != 1) throw new ArgumentException($"The last part ends at the share {last} of the steps; expected 1.", nameof(parts));
        Parts = [.. parts.Select(part => new SchedulePart(part.Schedule, part.Until))];
    }

    /// <summary>The schedules in order.</summary>
    public IReadOnlyList<SchedulePart> Parts { get; private init; }

    /// <inheritdoc/>
    public double[] KeepProbabilities(long step, long totalSteps, int layers)
    {
        var (part, first, steps) = PartAt(step, totalSteps);
        return Parts[part].Schedule.KeepProbabilities(step - first, steps, layers);
    }

    /// <inheritdoc/>
    public LayerPlan PlanAt(long step, long totalSteps, int layers, ulong seed)
    {
        var (part, first, steps) = PartAt(step, totalSteps);
        return Parts[part].Schedule.PlanAt(step - first, steps, layers, seed + (ulong)part); // no part draws the numbers of another
    }

    /// <inheritdoc/>
    /// <remarks>At its end a part grows to all blocks, as at the end of a run.</remarks>
    public BlockCopies? CopiesAfter(long stepsDone, long totalSteps, int layers)
    {
        var (part, first, steps) = PartAt(stepsDone - 1, totalSteps);
        return Parts[part].Schedule.CopiesAfter(stepsDone - first, steps, layers);
    }

    /// <inheritdoc/>
    public LayerPlan EvaluationPlan(long stepsDone, long totalSteps, int layers)
    {
        var (part, first, steps) = PartAt(Math.Max(0, stepsDone - 1), totalSteps);
        return Parts[part].Schedule.EvaluationPlan(stepsDone - first, steps, layers);
    }

    /// <inheritdoc/>
    public bool MeasuresBefore(long step, long totalSteps)
    {
        var (part, first, steps) = PartAt(step, totalSteps);
        return Parts[part].Schedule.MeasuresBefore(step - first, steps);
    }

    /// <inheritdoc/>
    public ILayerSchedule Knowing(IReadOnlyList<BlockChange>? changes) =>
        this with { Parts = [.. Parts.Select(part => part with { Schedule = part.Schedule.Knowing(changes) })] };

    // A part that is too short for a single step is left out.
    private (int Part, long First, long Steps) PartAt(long step, long totalSteps)
    {
        var first = 0L;
        for (var part = 0; part < Parts.Count; part++)
        {
            var end = (long)Math.Round(Parts[part].Until * totalSteps);
            if (step < end || end >= totalSteps) return (part, first, end - first);
            first = end;
        }
        throw new InvalidOperationException("The last part ends with the run.");
    }
}

/// <summary>A part of a <see cref="ComposedSchedule"/>.</summary>
/// <param name="Schedule">Decides in it; its steps count from 0.</param>
/// <param name="Until">The share of the run's steps at which it ends.</param>
public sealed record SchedulePart(ILayerSchedule Schedule, double Until);
