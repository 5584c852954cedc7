namespace Microsoft.ML.PLD;

/// <summary>One part of a model in model.zip: its weights, its options, its vocabulary.</summary>
/// <param name="Name">A file name.</param>
/// <param name="Write">Writes the contents; the stream can seek, and stays open.</param>
internal sealed record ModelEntry(string Name, Action<Stream> Write);
