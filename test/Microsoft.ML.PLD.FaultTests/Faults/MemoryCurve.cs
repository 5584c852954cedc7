using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The memory of a long run, with checkpoints: it must not grow.</summary>
internal static class MemoryCurve
{
    private const int Steps = 2_000, Every = 200, EverySteps = 50;

    /// <returns>What went wrong.</returns>
    public static IReadOnlyList<string> Run()
    {
        using var work = new WorkFolder("memory");
        var text = new PreparedText(Path.Combine(work.Path, "text"));
        var options = new PretrainingOptions
        {
            Steps = Steps, BatchSize = 16, SequenceLength = 64, NextSentencePrediction = true, HiddenDropout = 0.1, AttentionDropout = 0.1, LearningRate = new() { Peak = 1e-3 },
        };
        var curve = new Curve();
        var checkpoints = new CheckpointOptions { Folder = Path.Combine(work.Path, "checkpoints"), EverySteps = EverySteps };
        new BertPretrainer(TrainingCase.Config, options, new RuntimeOptions { Device = "cpu" }, checkpoints).Train(text.CorpusFolder, text.Tokenizer, curve).Dispose();
        Console.WriteLine("| step | resident, MB | managed, MB | live tensors |");
        Console.WriteLine("| ---: | ---: | ---: | ---: |");
        foreach (var (step, resident, managed, tensors) in curve.Points) Console.WriteLine(FormattableString.Invariant($"| {step:N0} | {resident:F0} | {managed:F0} | {tensors:N0} |"));
        return curve.Points[^1].Tensors == curve.Points[0].Tensors ? [] : ["The number of live tensors has changed."];
    }

    // Where no checkpoint is being written.
    private sealed class Curve : IProgress<TrainingProgress>
    {
        private const double Megabyte = 1 << 20;

        public List<(long Step, double Resident, double Managed, long Tensors)> Points { get; } = [];

        public void Report(TrainingProgress value)
        {
            if (value.Step % Every == Every - 1)
                Points.Add((value.Step, Environment.WorkingSet / Megabyte, GC.GetTotalMemory(forceFullCollection: false) / Megabyte, torch.Tensor.TotalCount));
        }
    }
}
