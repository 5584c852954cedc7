namespace Microsoft.ML.PLD;

/// <summary>What held-out data say of a network.</summary>
/// <param name="Loss">In nats, or the mean squared error in the label's unit; without weights, smoothing and the focal factor.</param>
/// <param name="Accuracy">The share of predictions that are right; null where predictions are values.</param>
/// <param name="Metric">What the network is judged by, higher being better; null: the loss.</param>
/// <param name="NextSentenceAccuracy">The share of pairs of segments that are told right; null where there are none.</param>
internal readonly record struct HeldOutResult(double Loss, double? Accuracy = null, double? Metric = null, double? NextSentenceAccuracy = null);
