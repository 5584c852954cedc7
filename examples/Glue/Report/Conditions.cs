using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>Under which conditions the numbers were made, a line each.</summary>
internal static class Conditions
{
    public static IReadOnlyList<string> Of(Settings settings, IReadOnlyList<Arm> arms, IReadOnlyList<TaskData> tasks) =>
    [
        .. arms.Select(arm => $"model {arm.Name}: {(arm.Tokenizer is null ? "not pre-trained, vocabulary of each task" : arm.Fingerprint)}, {arm.Config.Layers} blocks, hidden size {arm.Config.HiddenSize}"),
        $"tasks: {string.Join(", ", tasks.Select(data => data.Task.Name))}; seeds: 1 to {settings.Seeds}",
        $"learning rates: {(settings.LearningRates is { } rates ? string.Join(", ", rates.Select(ReportTables.Rate)) : "the paper's")}; "
            + (settings.FullGrid ? "every one with every seed" : "every one with the first seed, the best with the others"),
        string.Create(CultureInfo.InvariantCulture, $"epochs: {settings.Epochs}; steps at most: {(settings.MaxSteps > 0 ? settings.MaxSteps : "no limit")}; batch size: {settings.BatchSize}; tokens at most: {settings.MaxLength}"),
        $"precision: {settings.Precision}{(settings.Precision == Precision.Auto ? " (bfloat16 where the device has it, else float32)" : "")}; device: {Environment.GetEnvironmentVariable("PLD_DEVICE") ?? "auto"}",
        $"machine of this report: {Processor()}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.FrameworkDescription}",
        $"library: {RunKey.LibraryBuild}",
    ];

    private static string Processor()
    {
        const string file = "/proc/cpuinfo", name = "model name";
        if (!File.Exists(file)) return "processor unknown";
        return File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? "processor unknown";
    }
}
