namespace Microsoft.ML.PLD;

/// <summary>What a sink of reports implements beside <see cref="IProgress{T}"/> to be told at once what cannot wait for the next report: before the first step, how much memory the run will take.</summary>
public interface INoticeSink
{
    /// <summary>Takes a sentence for people.</summary>
    /// <param name="stage">As <see cref="TrainingProgress.Stage"/>.</param>
    /// <param name="notice">The sentence.</param>
    void Notify(string stage, string notice);

    /// <summary>Takes a sentence that may call for action. Default: as <see cref="Notify"/> does.</summary>
    /// <param name="stage">As <see cref="TrainingProgress.Stage"/>.</param>
    /// <param name="notice">The sentence.</param>
    void Warn(string stage, string notice) => Notify(stage, notice);
}
