using System.Text.Json.Serialization;

namespace Microsoft.ML.PLD;

/// <summary>What stays the same all through a run: the same object in each of its reports.</summary>
public sealed record TrainingRun
{
    /// <summary>All options that the result depends on, by name, those within others as <c>LearningRate.Peak</c>; the seed that was drawn is among them. Default: none known.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it runs, by name: versions of the library, .NET, TorchSharp and libtorch; operating system, processor, device, precision, threads. No name of a machine or person. Default: nothing known.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The number of parameters of the network, frozen ones included. Default: 0, not known.</summary>
    [JsonPropertyName("weights")] // in pages that were written before
    public long ParameterCount { get; init; }
}
