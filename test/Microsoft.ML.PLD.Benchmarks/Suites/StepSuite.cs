using System.CommandLine;
using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Whole training steps: ours, dense and with layer dropping, next to what one would write without this library.</summary>
internal sealed class StepSuite() : Suite("step", "Training steps: dense, with layer dropping, and the ordinary program.")
{
    private readonly Option<string> _preset = new("--preset") { Description = "tiny, mini, small, medium, base or large.", DefaultValueFactory = _ => "mini" };
    private readonly Option<int> _vocabulary = new("--vocabulary") { Description = "Word pieces.", DefaultValueFactory = _ => 8_192 };
    private readonly Option<int> _batch = new("--batch") { Description = "Sequences a step.", DefaultValueFactory = _ => 32 };
    private readonly Option<int> _microBatch = new("--micro-batch") { Description = "The most sequences that a worker computes at once.", DefaultValueFactory = _ => new RuntimeOptions().MicroBatchSize };
    private readonly Option<int> _sequence = new("--sequence") { Description = "Tokens of each.", DefaultValueFactory = _ => 128 };
    private readonly Option<double> _dropout = new("--dropout") { Description = "Of hidden activations and of attention.", DefaultValueFactory = _ => 0 };
    private readonly Option<string[]> _arms = new("--arms")
    {
        Description = "Which of: bfloat16, float32, one-worker, recompute, ordinary, pytorch, pytorch-masked, pytorch-bfloat16.", DefaultValueFactory = _ => ["bfloat16"], AllowMultipleArgumentsPerToken = true,
    };

    public override IEnumerable<Option> Options => [_preset, _vocabulary, _batch, _microBatch, _sequence, _dropout, _arms];

    public override void Run(SuiteArguments arguments, Report report)
    {
        TorchRuntime.EnsureLoaded();
        var parsed = arguments.Parsed;
        var preset = parsed.GetValue(_preset)!;
        using var books = new BookCorpus(parsed.GetValue(_vocabulary));
        var config = StepShape.Preset(preset) with { VocabularySize = books.Tokenizer.Vocabulary.Count };
        var shape = new StepShape(preset, config, parsed.GetValue(_batch), parsed.GetValue(_sequence), parsed.GetValue(_dropout));
        var device = torch.cuda_is_available() ? "cuda" : "cpu";

        // A number of our own for each arm, and of all arms one contest.
        var contenders = new List<Contender>();
        try
        {
            foreach (var name in parsed.GetValue(_arms)!) contenders.AddRange(Contenders(name, shape, books, device, parsed.GetValue(_microBatch)));
            var peaks = contenders.Select(contender => contender.Type).Distinct().ToDictionary(type => type, type => MatmulPeak.Arm(device, type, 1_024, atLeast: 0.2));
            Contest.Run([.. contenders.Select(contender => contender.Arm), .. peaks.Values], arguments.Rounds(15), warmUp: 3, () =>
            {
                foreach (var ours in contenders.Select(contender => contender.Work).OfType<OurStep>()) ours.Restart();
            });
            foreach (var contender in contenders) Add(report, shape, contender, contenders, peaks[contender.Type].Samples);
        }
        finally
        {
            foreach (var contender in contenders) contender.Work.Dispose();
        }
    }

    private static IEnumerable<Contender> Contenders(string name, StepShape shape, BookCorpus books, string device, int microBatchSize)
    {
        switch (name)
        {
            case "bfloat16" or "float32" or "one-worker" or "recompute":
                var runtime = new RuntimeOptions
                {
                    Precision = name == "float32" ? Precision.Float32 : Precision.BFloat16,
                    Workers = name == "one-worker" ? 1 : 0,
                    MicroBatchSize = microBatchSize,
                    RecomputeActivations = name == "recompute",
                };
                foreach (var theta in new[] { 1, 0.5 })
                {
                    var step = new OurStep(shape, books, number => theta == 1 ? shape.Dense : shape.Dropped(number, theta), runtime);
                    yield return new Contender(name, theta, step.Type, new Arm($"ours {name} theta {theta}", step.Run), step);
                }
                break;
            case "ordinary":
                var ordinary = new OrdinaryStep(shape);
                yield return new Contender(name, 1, torch.float32, new Arm(name, ordinary.Run), ordinary);
                break;
            case "pytorch" or "pytorch-masked" or "pytorch-bfloat16":
                var bfloat16 = name == "pytorch-bfloat16";
                var python = PyTorchStep.Start(shape, torch.get_num_threads(), maskedOnly: name != "pytorch", bfloat16, device)
                    ?? throw new InvalidOperationException("The arm 'pytorch' needs python3, or the interpreter that the environment variable PYTHON names, with the module torch.");
                yield return new Contender($"{name} {python.Version}", 1, bfloat16 ? torch.bfloat16 : torch.float32, new Arm(name, python.Run), python);
                break;
            default:
                throw new ArgumentException($"There is no arm '{name}'; expected bfloat16, float32, one-worker, recompute, ordinary, pytorch, pytorch-masked or pytorch-bfloat16.");
        }
    }

    private static void Add(Report report, StepShape shape, Contender contender, List<Contender> all, Samples peak)
    {
        var dense = all.First(other => other.Name == contender.Name && other.Theta == 1).Arm.Samples;
        var samples = contender.Arm.Samples;
        // Layer dropping runs other blocks at every step: its time and its work are means over the same rounds.
        var (share, mean) = samples.Mean(peak);
        var seconds = contender.Theta == 1 ? samples.Median : dense.Median * mean / dense.Mean(peak).Seconds;
        var gflops = 1e-9 * shape.Flops(shape.Dense) * share / seconds;
        var ours = contender.Work as OurStep;
        report.Add(
            ("preset", shape.Name), ("vocabulary", shape.Config.VocabularySize), ("batch", shape.BatchSize), ("sequence", shape.SequenceLength), ("dropout", shape.Dropout),
            ("arm", contender.Name), ("theta", contender.Theta), ("precision", contender.Type.ToString().ToLowerInvariant()),
            ("step_ms", 1e3 * seconds), ("spread", samples.Spread), ("rejected", samples.Rejected), ("tokens_per_second", shape.Tokens / seconds),
            ("gflops", gflops), ("peak_gflops", 1e-9 / peak.Median), ("utilization", shape.Flops(shape.Dense) / samples.Over(peak)),
            ("pld_time_ratio", seconds / dense.Median), ("pld_flop_ratio", share),
            ("optimizer_share", ours?.OptimizerShare ?? double.NaN), ("data_share", ours?.DataShare ?? double.NaN));
    }

    private sealed record Contender(string Name, double Theta, torch.ScalarType Type, Arm Arm, IDisposable Work);
}
