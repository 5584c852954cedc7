using System.CommandLine;
using Microsoft.ML.PLD;

namespace Cli;

/// <summary>What every training can be told.</summary>
internal sealed class TrainingSettings(string output, int batchSize, double warmup, string schedule)
{
    public Setting<string?> Output { get; } = Settings.Path("--output", "Folder for the model, the checkpoints and all the rest. One run has it; the same command goes on there.", output, "FOLDER");

    public Setting<int> BatchSize { get; } = Settings.Whole("--batch-size", "Sequences or rows of an optimizer step.", batchSize, least: 1);

    public Setting<double> Warmup { get; } = Settings.Real("--warmup", "Share of the steps in which the learning rate climbs to its peak.", warmup, 0, 1);

    public Setting<LearningRateShape> Shape { get; } = Settings.Choice("--learning-rate-shape", "The way down from the peak.", LearningRateShape.Linear);

    public Setting<double> Beta2 { get; } = Settings.Real("--beta2", "AdamW's memory of squared gradients.", new AdamWOptions().Beta2, 0, 1);

    public Setting<double> WeightDecay { get; } = Settings.Real("--weight-decay", "AdamW's decay of weights a step, times the learning rate.", new AdamWOptions().WeightDecay);

    public Setting<string?> Schedule { get; } = Settings.Text("--schedule", "NAME|JSON", $"Which blocks run at each step: {string.Join(", ", ScheduleChoice.Names)}; or a JSON object with its parameters, as in docs/comparing.md. recommended: the lowest blocks first, then all with progressive layer dropping; of a trained model, the latter alone; dense where layer normalization stands after the blocks (post).", schedule);

    public Setting<double?> Theta { get; } = Settings.RealOrNone("--theta", "Of progressive layer dropping: the share of blocks that run in the end. Default: 0.5.", 0, 1);

    public Setting<double?> Gamma { get; } = Settings.RealOrNone("--gamma-times-steps", "Of progressive layer dropping: how fast theta falls, over the whole run. Default: 100.");

    public Setting<GrowthStage[]> Grow { get; } = new("--grow", "BLOCKS:SHARE", "Begin with the lowest blocks: 3:0.3 6:0.5 runs 3 of them in the first 30 % of the steps, 6 up to the half, and then --schedule.", ArgumentArity.OneOrMore, GrowthStages.Parse, stages => Written(stages));

    public Setting<int> Seed { get; } = Settings.Whole("--seed", "What all that is random is drawn from.", 1, least: 0);

    public Setting<string> Device { get; } = Settings.Device();

    public Setting<Precision> Precision { get; } = Settings.Choice("--precision", "The number format. Auto: bfloat16 where the hardware has it, else float32.", Microsoft.ML.PLD.Precision.Auto);

    public Setting<int> Threads { get; } = Settings.Whole("--threads", "Processor threads of an operation; 0: one a core.", 0, least: 0);

    public Setting<int> MicroBatchSize { get; } = Settings.Whole("--micro-batch-size", "At most so many sequences at once: smaller takes less memory, with the same result.", new RuntimeOptions().MicroBatchSize, least: 1);

    public Setting<double> CheckpointMinutes { get; } = Settings.Real("--checkpoint-minutes", "Minutes between checkpoints: what a power cut loses at most. Ctrl+C always saves.", 5, least: 0.01);

    public Setting<string?> TensorBoard { get; } = Settings.Path("--tensorboard", "Folder for TensorBoard's curves (tensorboard --logdir FOLDER). Default: tensorboard in --output.", helpName: "FOLDER");

    public Setting<string?> Json { get; } = Settings.Path("--json", "Write the figures of the result to this file, too.");

    /// <summary>Not of a config: who goes on would begin anew.</summary>
    public Option<bool> Fresh { get; } = new("--fresh") { Description = "Begin anew: checkpoints, results, models and reports that a run before has left in --output are deleted. To go on after a stop, leave it out." };

    public IReadOnlyList<Option> Learning => [BatchSize, Warmup, Shape, Beta2, WeightDecay, Schedule, Theta, Gamma, Grow, Seed];

    public IReadOnlyList<Option> Computing => [Device, Precision, Threads, MicroBatchSize, CheckpointMinutes, TensorBoard, Json, Fresh];

    /// <summary>What changes no result, and may differ when a run goes on.</summary>
    public IReadOnlyList<ISetting> Free => [Output, Device, Precision, Threads, MicroBatchSize, CheckpointMinutes, TensorBoard, Json];

    public RuntimeOptions Runtime(ParseResult parsed) => new()
    {
        Device = parsed.GetValue(Device)!, Precision = parsed.GetValue(Precision), Threads = parsed.GetValue(Threads), MicroBatchSize = parsed.GetValue(MicroBatchSize),
    };

    public AdamWOptions Optimizer(ParseResult parsed) => new() { Beta2 = parsed.GetValue(Beta2), WeightDecay = parsed.GetValue(WeightDecay) };

    public LearningRateSchedule LearningRate(ParseResult parsed, double peak) => new() { Peak = peak, WarmupShare = parsed.GetValue(Warmup), Shape = parsed.GetValue(Shape) };

    /// <param name="parsed">The command line.</param>
    /// <param name="encoder">What is trained.</param>
    /// <param name="isTrained">Whether its blocks have learned something already.</param>
    public ILayerSchedule LayerSchedule(ParseResult parsed, BertConfig encoder, bool isTrained)
    {
        var stages = parsed.GetValue(Grow) is { Length: > 0 } given ? given : null;
        // Where growth is asked for, there is no other.
        var then = ScheduleChoice.Read(parsed.GetValue(Schedule)!, parsed.GetValue(Theta), parsed.GetValue(Gamma), stages is null && !isTrained ? encoder.Layers : null, encoder.NormPlacement);
        return stages is null ? then : new GrowingDepth(then, stages);
    }

    /// <summary>What is to be said of the layer schedule before a training; null: nothing.</summary>
    /// <inheritdoc cref="LayerSchedule"/>
    public (string Message, bool IsWarning)? Caution(ParseResult parsed, BertConfig encoder, bool isTrained) =>
        ScheduleChoice.Caution(parsed.GetValue(Schedule)!, LayerSchedule(parsed, encoder, isTrained), encoder.NormPlacement);

    public CheckpointOptions Checkpoints(ParseResult parsed, RunFolder folder) => new()
    {
        Folder = folder.Checkpoints, ResumeFrom = CheckpointOptions.Latest, Interval = TimeSpan.FromMinutes(parsed.GetValue(CheckpointMinutes)), SaveOnSignals = false, // the signals are the program's
    };

    private static System.Text.Json.Nodes.JsonNode? Written(GrowthStage[] stages) =>
        stages.Length == 0 ? null : System.Text.Json.JsonSerializer.SerializeToNode(stages.Select(stage => FormattableString.Invariant($"{stage.Blocks}:{stage.Until}")));
}
