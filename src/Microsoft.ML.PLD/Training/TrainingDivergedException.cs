namespace Microsoft.ML.PLD;

/// <summary>
/// The loss or its gradients were no numbers in more consecutive steps than <see cref="AdamWOptions.MaxSkippedSteps"/> allows: the same training would fail again. The message has the
/// step, the learning rate and the last checkpoint.
/// </summary>
/// <param name="message">What happened.</param>
public sealed class TrainingDivergedException(string message) : InvalidOperationException(message);
