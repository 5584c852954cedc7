namespace Microsoft.ML.PLD;

/// <summary>What a stage's curves are of: their names in the data of a page.</summary>
internal enum Measure
{
    Loss,
    ValidationLoss,
    ValidationAccuracy,
    ValidationMetric,
    NextSentenceAccuracy,
    LearningRate,
    GradientNorm,
    Theta,
    BlocksRun,
    BlockShare,
    TokensPerSecond,

    /// <summary>Of the process, in bytes.</summary>
    Memory,
}
