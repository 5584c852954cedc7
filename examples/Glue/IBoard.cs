using Microsoft.ML.PLD;

namespace Glue;

/// <summary>What people see while it runs.</summary>
internal interface IBoard
{
    /// <summary>A run begins.</summary>
    RunWatch Begin(Arm arm, RunKey key);

    /// <summary>A run was finished, or failed, in an earlier session.</summary>
    void Skip(Arm arm, RunResult result);

    void Say(string text);
}

/// <summary>Follows a run.</summary>
internal abstract class RunWatch : IProgress<TrainingProgress>, IDisposable
{
    /// <summary>Optimizer steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Time in training, over all sessions.</summary>
    public TimeSpan TrainingTime { get; private set; }

    public void Report(TrainingProgress value)
    {
        (Steps, TrainingTime) = (value.Step, value.Elapsed);
        Show(value);
    }

    /// <summary>The run is finished.</summary>
    public abstract void End(RunResult result);

    public virtual void Dispose()
    {
    }

    protected abstract void Show(TrainingProgress value);
}
