using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The tasks that each trained encoder is fine-tuned on.</summary>
/// <param name="Tasks"><see cref="Banking77"/>, or tasks of GLUE with classes.</param>
/// <param name="Epochs">Passes over a task's training set.</param>
/// <param name="MaxSteps">At most so many steps; 0: no limit.</param>
/// <param name="LearningRate">The highest.</param>
/// <param name="BatchSize">Examples a step.</param>
/// <param name="MaxLength">Tokens of an example.</param>
/// <param name="MaxRows">At most so many test rows of banking77; 0: all.</param>
/// <param name="LayerSchedule">The blocks that run while fine-tuning.</param>
/// <param name="Schedule">The same as the config has it; empty: all of them.</param>
internal sealed record DownstreamConfig(
    IReadOnlyList<string> Tasks, int Epochs, int MaxSteps, double LearningRate, int BatchSize, int MaxLength, int MaxRows, ILayerSchedule LayerSchedule, string Schedule)
{
    public const string Banking77 = "banking77";
}
