using System.CommandLine;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Fine-tuning: how many rows a second, by how they are put into batches and by what is trained.</summary>
internal sealed class FineTuneSuite() : Suite("finetune", "Fine-tuning: rows a second by padding, frozen blocks and layer dropping.")
{
    // As many as LengthBuckets sorts together: each run then has batches of all lengths.
    private const int Steps = 50;

    private readonly Option<DirectoryInfo?> _glue = new("--glue") { Description = "A folder with GLUE's SST-2, whose training rows are used; without it, the shipped banking77." };
    private readonly Option<int> _batch = new("--batch") { Description = "Rows a step.", DefaultValueFactory = _ => 32 };

    public override IEnumerable<Option> Options => [_glue, _batch];

    public override void Run(SuiteArguments arguments, Report report)
    {
        TorchRuntime.EnsureLoaded();
        var glue = arguments.Parsed.GetValue(_glue);
        var rows = glue is null ? LabelledText.Banking77("train.csv") : LabelledText.Sst2(glue.FullName);
        var tokenizer = new WordPieceTokenizer(WordPieceTrainer.Train(rows.Select(row => row.Text), 8_192));
        var options = new FineTuningOptions { Steps = 1_000_000, BatchSize = arguments.Parsed.GetValue(_batch), LearningRate = new() { WarmupShare = 0.0001 } };
        var contenders = new (string Name, FineTuningOptions Options)[]
        {
            ("length buckets", options),
            ("padded to the longest of the batch", options with { Padding = TextPadding.LongestOfBatch }),
            ("padded to 128 tokens", options with { Padding = TextPadding.MaximumLength }),
            ("length buckets, 6 blocks frozen", options with { FrozenBlocks = 6 }),
            ("length buckets, theta 0.5", options with { LayerSchedule = new ProgressiveLayerDrop(0.5, gammaTimesSteps: 1e9) }),
        };
        var works = contenders.Select(contender => new FineTuningSteps(BertConfig.Mini, tokenizer, rows, contender.Options)).ToArray();
        try
        {
            var arms = contenders.Zip(works, (contender, work) => new Arm(contender.Name, () => work.Run(Steps))).ToArray();
            Contest.Run(arms, arguments.Rounds(5), warmUp: 1);
            foreach (var (arm, work) in arms.Zip(works))
                report.Add(
                    ("data", glue is null ? "banking77" : "SST-2"), ("batch", options.BatchSize), ("arm", arm.Name), ("rows_per_second", 1 / arm.Samples.Median),
                    ("over_padding_to_maximum", 1 / arm.Samples.Over(arms[2].Samples)), ("optimizer_share", work.OptimizerTime / work.Time), ("spread", arm.Samples.Spread));
        }
        finally
        {
            foreach (var work in works) work.Dispose();
        }
    }
}
