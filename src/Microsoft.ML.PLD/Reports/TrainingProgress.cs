namespace Microsoft.ML.PLD;

/// <summary>Where a training run stands after an optimizer step: what every log line, bar, event file and callback is made from.</summary>
/// <remarks>Values that a stage does not have keep their defaults: no validation yet, no layer dropping, no speed known.</remarks>
public sealed record TrainingProgress
{
    /// <summary>What is running, for people: for example "Pre-training" or "Fine-tuning". A change of stage starts a new bar.</summary>
    public required string Stage { get; init; }

    /// <summary>Optimizer steps done, from 1 at the first report to <see cref="TotalSteps"/> at the last.</summary>
    public required long Step { get; init; }

    /// <summary>Optimizer steps that the stage will take if nothing stops it early.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>The training loss of this step, averaged over its micro-batches, in nats for classification losses.</summary>
    public required double Loss { get; init; }

    /// <summary>The learning rate that this step was taken with.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The global keep ratio of progressive layer dropping, theta(t) of the paper, in (0, 1]; 1 drops nothing. Default 1.</summary>
    public double Theta { get; init; } = 1;

    /// <summary>Runs of encoder blocks in this step, in full or in part; the model has <see cref="Blocks"/>.</summary>
    public int BlocksRun { get; init; }

    /// <summary>The share of a dense step's block FLOPs that this step spent; 1: all. As <see cref="LayerPlan.ActualShare"/>.</summary>
    public double BlockShare { get; init; } = 1;

    /// <summary>Encoder blocks that the model has.</summary>
    public int Blocks { get; init; }

    /// <summary>The Euclidean norm of all gradients of this step before clipping.</summary>
    public double GradientNorm { get; init; }

    /// <summary>Input tokens trained on per second, smoothed over the last reports; 0 while unknown.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Time since the stage began.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time until the stage ends; null while unknown.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>
    /// The loss on held-out data: in nats; of regression the mean squared error in the label's unit (<see cref="Loss"/> is that of labels divided by their deviation).
    /// Without weights, label smoothing and the focal factor. Null unless this step was followed by a validation.
    /// </summary>
    public double? ValidationLoss { get; init; }

    /// <summary>
    /// The share, 0 to 1, of held-out predictions that are right: of masked tokens in pre-training, of rows in classification.
    /// Null unless this step was followed by a validation, and for regression.
    /// </summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>
    /// What the model is judged by on held-out data (<see cref="FineTuningOptions.ValidationMetric"/>), higher being better. Null unless this step was followed by a
    /// validation, and where the loss decides.
    /// </summary>
    public double? ValidationMetric { get; init; }

    /// <summary>
    /// The share, 0 to 1, of held-out pairs of segments of which the model knows whether the second follows the first; half of them is a coin's. Null unless this step was
    /// followed by a validation, and without <see cref="PretrainingOptions.NextSentencePrediction"/>.
    /// </summary>
    public double? ValidationNextSentenceAccuracy { get; init; }

    /// <summary>The probability with which the schedule runs each block at this step, the one at the input first. Default: not known.</summary>
    public IReadOnlyList<double> KeepProbabilities { get; init; } = [];

    /// <summary>What stays the same all through the run: the same object in each of its reports. Default: null, not known.</summary>
    public TrainingRun? Run { get; init; }

    /// <summary>What happened since the last report that people should know, a sentence each: checkpoints written, steps skipped, losses that leap. Default: nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>Those of <see cref="Notices"/> that may call for action: checkpoints that could not be written, steps skipped. <c>mlContext.Log</c> gets them as warnings. Default: none.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The share of the stage that is done, 0 to 1.</summary>
    public double Share => TotalSteps <= 0 ? 1 : Math.Clamp((double)Step / TotalSteps, 0, 1);
}
