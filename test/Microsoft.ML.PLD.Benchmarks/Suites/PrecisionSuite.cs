using System.CommandLine;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>What a number format costs in quality: the same pre-training in bfloat16 and in float32.</summary>
internal sealed class PrecisionSuite() : Suite("precision", "The same pre-training in bfloat16 and in float32: validation loss at the end.")
{
    private readonly Option<string> _preset = new("--preset") { Description = "tiny, mini, small, medium, base or large.", DefaultValueFactory = _ => "tiny" };
    private readonly Option<long> _steps = new("--steps") { Description = "Optimizer steps.", DefaultValueFactory = _ => 2_000 };
    private readonly Option<int> _batch = new("--batch") { Description = "Sequences a step, of 128 tokens.", DefaultValueFactory = _ => 32 };

    public override IEnumerable<Option> Options => [_preset, _steps, _batch];

    /// <summary>Rounds are seeds here: 1 unless asked for more.</summary>
    public override void Run(SuiteArguments arguments, Report report)
    {
        var parsed = arguments.Parsed;
        var preset = parsed.GetValue(_preset)!;
        using var books = new BookCorpus(8_192);
        for (var seed = 1UL; seed <= (ulong)arguments.Rounds(1); seed++)
            foreach (var theta in new[] { 1, 0.5 })
            {
                var options = new PretrainingOptions
                {
                    Steps = parsed.GetValue(_steps), BatchSize = parsed.GetValue(_batch), ValidationSequences = 512, ValidationInterval = parsed.GetValue(_steps),
                    LayerSchedule = theta == 1 ? new DenseSchedule() : new ProgressiveLayerDrop(theta), Seed = seed,
                };
                var losses = new[] { Precision.BFloat16, Precision.Float32 }.Select(precision => Train(books, StepShape.Preset(preset), options, precision)).ToArray();
                report.Add(
                    ("preset", preset), ("steps", options.Steps), ("batch", options.BatchSize), ("seed", seed), ("theta", theta),
                    ("loss_bfloat16", losses[0]), ("loss_float32", losses[1]), ("percent_apart", 100 * (losses[0] / losses[1] - 1)));
            }
    }

    private static double Train(BookCorpus books, BertConfig config, PretrainingOptions options, Precision precision)
    {
        var last = new LastLoss();
        using var model = new BertPretrainer(config, options, new RuntimeOptions { Device = "cpu", Precision = precision }).Train(books.Corpus, books.Tokenizer, last, () => { });
        return last.Value;
    }

    private sealed class LastLoss : IProgress<TrainingProgress>
    {
        public double Value { get; private set; } = double.NaN;

        public void Report(TrainingProgress value) => Value = value.ValidationLoss ?? Value;
    }
}
