using Microsoft.ML.PLD;

namespace Compare;

/// <summary>What people see while it runs.</summary>
internal interface IBoard
{
    /// <summary>A slice of a run begins.</summary>
    void Begin(Run run, long until);

    /// <summary>A step was taken.</summary>
    void Step(Run run, TrainingProgress value);

    /// <summary>A run has ended, now or in an earlier session.</summary>
    void End(Run run, RunResult result);

    void Say(string text);
}
