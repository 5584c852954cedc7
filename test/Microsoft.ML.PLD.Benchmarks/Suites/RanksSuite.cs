using System.CommandLine;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Steps of a job of several ranks: what sending gradients costs, and what dropped blocks and sending early save of it. Each rank runs it; rank 0 reports.</summary>
internal sealed class RanksSuite() : Suite("ranks", "Steps of several ranks, dense and with dropped layers, gradients sent early or at the end: start it with mpirun.")
{
    /// <summary>What arms and ways are called in reports.</summary>
    public const string Dense = "dense", Alone = "alone", AtTheEnd = "sent at the end", Early = "sent early";

    private readonly Option<string> _preset = new("--preset") { Description = "tiny, mini, small, medium, base or large.", DefaultValueFactory = _ => "mini" };
    private readonly Option<int> _rows = new("--rows") { Description = "Sequences of a rank's share of a step.", DefaultValueFactory = _ => 16 };
    private readonly Option<int> _length = new("--length") { Description = "Tokens of each.", DefaultValueFactory = _ => 128 };

    public override IEnumerable<Option> Options => [_preset, _rows, _length];

    public override void Run(SuiteArguments arguments, Report report)
    {
        if (!DistributedJob.IsFirst) Console.SetOut(TextWriter.Null);
        const int steps = 4; // of an arm before the next one's turn: plans differ from step to step
        using var books = new BookCorpus(8_192);
        var config = StepShape.Preset(arguments.Parsed.GetValue(_preset)!) with { VocabularySize = books.Tokenizer.Vocabulary.Count, MaxPositions = arguments.Parsed.GetValue(_length) };
        var options = new PretrainingOptions
        {
            Steps = 1_000_000, BatchSize = arguments.Parsed.GetValue(_rows) * DistributedJob.Size, SequenceLength = config.MaxPositions, LearningRate = new() { Peak = 1e-4, WarmupShare = 0.001 }, ValidationShare = 0.01,
        };
        var dropping = options with { LayerSchedule = new ProgressiveLayerDrop(0.5, gammaTimesSteps: 1e12) };
        var share = options.BatchSize / DistributedJob.Size;
        (string Name, Func<PretrainingOptions, RankSteps> Make)[] ways =
        [
            (Alone, arm => new(config, books, arm with { BatchSize = share }, alone: true)),
            .. DistributedJob.Size == 1 ? [] : new (string, Func<PretrainingOptions, RankSteps>)[]
            {
                (AtTheEnd, arm => new(config, books, arm)),
                (Early, arm => new(config, books, arm, early: true)),
                ($"{Early}, optimizer in parts", arm => new(config, books, arm, early: true, sharded: true)),
            },
        ];
        var works = (from arm in new[] { (Name: Dense, Options: options), (Name: "theta 0.5", Options: dropping) } from way in ways select (Arm: arm.Name, Way: way.Name, Steps: way.Make(arm.Options))).ToArray();
        var arms = works.Select(work => new Arm($"{work.Arm}, {work.Way}", () => work.Steps.Run(steps))).ToArray();
        Contest.Run(arms, arguments.Rounds(10), beforeEach: DistributedJob.Wait); // else who was faster waits in the next arm
        for (var i = 0; i < arms.Length; i++)
        {
            var (work, samples) = (works[i], arms[i].Samples);
            report.Add(
                ("ranks", DistributedJob.Size), ("preset", arguments.Parsed.GetValue(_preset)!), ("rows_each", share), ("length", config.MaxPositions), ("vocabulary", config.VocabularySize), ("arm", work.Arm), ("way", work.Way), ("ms_a_step", 1e3 * samples.Median / steps),
                ("efficiency", 1 / samples.Over(arms[i - i % ways.Length].Samples)), ("over_dense", samples.Over(arms[i % ways.Length].Samples)), ("mb_sent_a_step", work.Steps.BytesOfStep / 1e6), ("blocks_run", work.Steps.BlocksRun), ("spread", samples.Spread));
            work.Steps.Dispose();
        }
    }
}
