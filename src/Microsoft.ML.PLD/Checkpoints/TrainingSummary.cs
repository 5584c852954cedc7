namespace Microsoft.ML.PLD;

/// <summary>What a model card says of the run that made a model.</summary>
/// <param name="Stage">As <see cref="TrainingProgress.Stage"/>.</param>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="PlannedSteps">Optimizer steps that the options ask for.</param>
/// <param name="Samples">Samples, or rows, read.</param>
/// <param name="Loss">Of the last step; null: there was none.</param>
/// <param name="Best">The best validation; null: there was none.</param>
/// <param name="Seconds">Time trained.</param>
/// <param name="Options">All that the result depends on.</param>
internal sealed record TrainingSummary(
    string Stage, long Steps, long PlannedSteps, long Samples, double? Loss, Validation? Best, double Seconds, IReadOnlyDictionary<string, string> Options)
{
    /// <param name="state">Where the run ended.</param>
    /// <param name="plannedSteps">Optimizer steps that the options ask for.</param>
    public static TrainingSummary Of(TrainingState state, long plannedSteps) =>
        new(state.Stage, state.Step, plannedSteps, state.DataPosition, state.Loss, state.Best, state.Seconds, state.Options);
}
