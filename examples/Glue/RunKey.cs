using System.Reflection;
using System.Text.Json;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>All that determines the result of a run.</summary>
internal sealed record RunKey
{
    public required string Model { get; init; }

    public required string Task { get; init; }

    public required string Data { get; init; }

    public required double LearningRate { get; init; }

    public required int Seed { get; init; }

    public required int Epochs { get; init; }

    public required long MaxSteps { get; init; }

    public required int BatchSize { get; init; }

    public required int MaxLength { get; init; }

    /// <summary>As computed with: not Auto, which differs from machine to machine.</summary>
    public required string Precision { get; init; }

    /// <summary>The kind of device.</summary>
    public required string Device { get; init; }

    /// <summary>What the example decides: <see cref="FineTuning.Recipe"/>.</summary>
    public required string Recipe { get; init; }

    public string Library { get; init; } = LibraryVersion;

    /// <summary>The library's version and, where it is known, the commit that it was built from.</summary>
    public static string LibraryBuild { get; } =
        typeof(BertModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    // Without the commit: a change of the documentation makes no run anew. Reports say of which builds their results are.
    private static string LibraryVersion => LibraryBuild.Split('+')[0];

    /// <summary>The kind of a resolved device: which of several cards it is, is no matter.</summary>
    public static string KindOf(RuntimeOptions runtime) => runtime.Device.Split(':')[0];

    /// <summary>A name for files.</summary>
    public string Id() => Fingerprints.OfText(JsonSerializer.Serialize(this));

    /// <summary>A name for what runs of different rates and seeds have in common.</summary>
    public string CommonId() => (this with { LearningRate = 0, Seed = 0 }).Id();

    public static RunKey Of(Settings settings, RuntimeOptions runtime, Arm arm, TaskData data, double learningRate, int seed) => new()
    {
        Model = arm.Fingerprint, Task = data.Task.Name, Data = data.Fingerprint, LearningRate = learningRate, Seed = seed, Epochs = settings.Epochs,
        MaxSteps = settings.MaxSteps, BatchSize = settings.BatchSize, MaxLength = Math.Min(settings.MaxLength, arm.Config.MaxPositions),
        Precision = runtime.Precision.ToString(), Device = KindOf(runtime), Recipe = FineTuning.Recipe,
    };
}
