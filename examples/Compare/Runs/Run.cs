using System.Reflection;
using System.Text.Json;
using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>An arm with a seed, and the steps that its budget is.</summary>
internal sealed record Run(Arm Arm, ulong Seed, long Steps, string Id)
{
    /// <summary>The library's version and, where it is known, the commit that it was built from.</summary>
    public static string LibraryBuild { get; } =
        typeof(BertModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>How often it is validated: as many times as all others, whatever its steps.</summary>
    public long ValidationInterval(int validations) => Math.Max(1, (Steps + validations - 1) / validations);

    /// <param name="arm">The arm.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="config">What it is a part of.</param>
    /// <param name="runtime">Where it is computed.</param>
    /// <param name="text">The text's fingerprint.</param>
    public static Run Of(Arm arm, ulong seed, long steps, ComparisonConfig config, RuntimeOptions runtime, string text)
    {
        // All that its result depends on, so that what is finished counts as long as it holds; the arm's name is none of it.
        var options = JsonSerializer.Serialize(arm.Training with { LayerSchedule = new DenseSchedule() });
        var parts = arm.MicroBatchSize == new RuntimeOptions().MicroBatchSize ? "" : FormattableString.Invariant($" {arm.MicroBatchSize}");
        var key = FormattableString.Invariant(
            $"{JsonSerializer.Serialize(arm.Model)} {options} {arm.Schedule} {seed} {steps} {config.Validations} {text} {runtime.Precision} {runtime.Device.Split(':')[0]} {LibraryBuild.Split('+')[0]}{parts}");
        return new Run(arm, seed, steps, FormattableString.Invariant($"{WorkFolder.FileName(arm.Name)}-seed{seed}-{Fingerprints.OfText(key)[..8]}"));
    }
}
