using System.Globalization;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>Under which conditions the numbers were made, a line each.</summary>
internal static class Conditions
{
    public static IReadOnlyList<string> Of(Settings settings, RuntimeOptions runtime, IReadOnlyList<Arm> arms, IReadOnlyList<TaskData> tasks) =>
    [
        .. arms.Select(arm => $"model {arm.Name}: {(arm.Tokenizer is null ? "not pre-trained, vocabulary of each task" : arm.Fingerprint)}, {arm.Config.Layers} blocks, hidden size {arm.Config.HiddenSize}, tokens at most: {Math.Min(settings.MaxLength, arm.Config.MaxPositions)}"),
        .. from data in tasks
           from split in data.DevSplits.Prepend(GlueSplit.Train)
           where data.Read(split).BrokenLines > 0
           select $"left out: {data.Read(split).BrokenLines} lines of {data.Task}'s {split} split, which have too few columns",
        $"tasks: {string.Join(", ", tasks.Select(data => data.Task.Name))}; seeds: 1 to {settings.Seeds}",
        $"learning rates: {(settings.LearningRates is { } rates ? string.Join(", ", rates.Select(ReportTables.Rate)) : "the paper's")}; "
            + (settings.FullGrid ? "every one with every seed" : "every one with the first seed, the best with the others"),
        string.Create(CultureInfo.InvariantCulture, $"epochs: {settings.Epochs}; steps at most: {(settings.MaxSteps > 0 ? settings.MaxSteps : "no limit")}; batch size: {settings.BatchSize}"),
        $"precision: {runtime.Precision}{(settings.Precision == Precision.Auto ? " (chosen by the device)" : "")}; kind of device: {RunKey.KindOf(runtime)}",
        $"training: {FineTuning.Recipe}",
        $"this report, not its results, was written by build {RunKey.LibraryBuild} on {ThisMachine.Name}",
    ];
}
