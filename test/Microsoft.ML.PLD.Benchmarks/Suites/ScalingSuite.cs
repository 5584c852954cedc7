using System.CommandLine;
using System.Text.Json;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>A model of the step of several ranks: fitted to measurements, checked against others, and asked about jobs that no machine here can run.</summary>
internal sealed class ScalingSuite() : Suite("scaling", "Fits a model of distributed steps to files of the suites sums and ranks, checks it against others, and predicts larger jobs.")
{
    private const int Plans = 200;

    private readonly Option<FileInfo[]> _sums = new("--sums") { Description = "Files of the suite sums, one for each rate of the link.", AllowMultipleArgumentsPerToken = true, Required = true };
    private readonly Option<FileInfo[]> _steps = new("--steps") { Description = "Files of the suite ranks, each at the rate of the file of sums in the same place; the first one is fitted to, the others are checked.", AllowMultipleArgumentsPerToken = true, Required = true };
    private readonly Option<double> _rate = new("--teraflops") { Description = "What a rank computes, of an accelerator: an assumption.", DefaultValueFactory = _ => 100 };

    public override IEnumerable<Option> Options => [_sums, _steps, _rate];

    public override void Run(SuiteArguments arguments, Report report)
    {
        var links = arguments.Parsed.GetValue(_sums)!.Select(file => Link.Fit([.. Rows(file).Select(row => (row.GetProperty("bytes").GetDouble(), 1e-3 * row.GetProperty("ms").GetDouble()))])).ToArray();
        foreach (var (file, link) in arguments.Parsed.GetValue(_sums)!.Zip(links)) report.Add(("link", Path.GetFileNameWithoutExtension(file.Name)), ("alpha_us", 1e6 * link.Alpha), ("mbit_a_second", 8e-6 * link.Rate));

        if (arguments.Parsed.GetValue(_steps)!.Length != links.Length) throw new ArgumentException($"There are {links.Length} files of sums and {arguments.Parsed.GetValue(_steps)!.Length} of steps; expected one of each for each rate.");
        var measured = arguments.Parsed.GetValue(_steps)!.Zip(links, (file, link) => (Name: Path.GetFileNameWithoutExtension(file.Name), Link: link, Jobs: Jobs(Rows(file)))).ToArray();
        var taken = Enumerable.Range(0, 101).Select(percent => percent / 100.0).MinBy(share => measured[0].Jobs.Where(job => job.Early).Sum(job => Math.Abs(Math.Log(Predicted(job, measured[0].Link, share) / job.Seconds))));
        report.Add(("fitted", "the share of a core that sending takes from the computation"), ("value", taken));
        foreach (var (name, link, jobs) in measured)
            foreach (var job in jobs)
            {
                var predicted = Predicted(job, link, taken);
                report.Add(("run", name), ("use", name == measured[0].Name && job.Early ? "fitted" : "held out"), ("arm", job.Arm), ("early", job.Early), ("measured_ms", 1e3 * job.Seconds), ("predicted_ms", 1e3 * predicted), ("error", predicted / job.Seconds - 1));
            }

        // BERT-base at the paper's length, 32 sequences a rank.
        var shape = new StepShape("base", BertConfig.Base, 32, 128, 0);
        var plan = shape.Dense;
        var (rest, bytes) = (shape.HeadFlops, Bytes(shape.Config));
        var core = measured[0].Jobs.First(job => job.Arm == "dense");
        foreach (var (machine, flops) in new[] { ("core", core.FlopsASecond), ("accelerator", 1e12 * arguments.Parsed.GetValue(_rate)) })
        {
            var model = new StepModel(shape.Config.Layers, (shape.Flops(plan) - rest) / flops, rest / flops, bytes.Block, bytes.Others);
            foreach (var gigabits in new[] { 10.0, 100, 400 })
                foreach (var ranks in new[] { 8, 64, 256, 1_024 })
                {
                    // A core adds up no faster than it did between two processes here.
                    var link = new Link(gigabits <= 10 ? 20e-6 : 5e-6, Math.Min(gigabits * 1e9 / 8, machine == "core" ? links.Max(known => known.Rate) : double.PositiveInfinity));
                    var early = machine == "core"; // sums between devices lie in the order of their other work
                    var dense = model.Mean([Dense(shape)], link, ranks, early, taken);
                    var shared = model.Mean(Enumerable.Range(0, Plans).Select(step => Dropped(shape, step, 0)), link, ranks, early, taken);
                    var own = model.MeanOfOwnPlans((step, rank) => Dropped(shape, step, rank), Math.Max(4, Plans / ranks), link, ranks, early: false, taken); // nobody knows beforehand what the others have
                    var alone = model.Blocks + model.Rest;
                    report.Add(
                        ("machine", machine), ("gbit", gigabits), ("ranks", ranks), ("dense_ms", 1e3 * dense), ("dense_efficiency", alone / dense), ("pld_ms", 1e3 * shared), ("pld_over_dense", shared / dense),
                        ("own_gates_over_dense", own / dense), ("rest_sum_ms", 1e3 * link.Sum(model.RestBytes, ranks)), ("start_up_ms", 1e3 * link.Sum(16, ranks) * (shape.Config.Layers + 4)));
                }
        }
    }

    private static bool[] Dense(StepShape shape) => [.. Enumerable.Repeat(true, shape.Config.Layers)];

    private static bool[] Dropped(StepShape shape, int step, int rank)
    {
        var runs = shape.Dropped(step + 1_000 * rank).Runs.Select(run => run.Block).ToHashSet();
        return [.. Enumerable.Range(0, shape.Config.Layers).Select(runs.Contains)];
    }

    private static (double Block, double Others) Bytes(BertConfig config)
    {
        double h = config.HiddenSize, i = config.IntermediateSize;
        return (sizeof(float) * (4 * h * h + 2 * h * i + 9 * h + i), sizeof(float) * (h * (config.VocabularySize + config.MaxPositions + config.TypeVocabularySize + h) + config.VocabularySize));
    }

    // Plans of other seeds run more or fewer blocks than those that were measured, on average: a straight line through both makes up for it.
    private static double Predicted(Job job, Link link, double taken)
    {
        var dense = job.Model.Mean([Dense(job.Shape)], link, job.Ranks, job.Early, taken);
        if (job.Arm == RanksSuite.Dense) return dense;
        var plans = Enumerable.Range(0, Plans).Select(step => Dropped(job.Shape, step, 0)).ToArray();
        var layers = (double)job.Shape.Config.Layers;
        return dense + (job.Model.Mean(plans, link, job.Ranks, job.Early, taken) - dense) * (layers - job.BlocksRun) / (layers - plans.Average(plan => plan.Count(runs => runs)));
    }

    // Each arm's own time alone, dense and dropped, is what tells blocks from the rest.
    private static Job[] Jobs(JsonElement[] rows)
    {
        double Seconds(JsonElement row) => 1e-3 * row.GetProperty("ms_a_step").GetDouble();
        JsonElement Alone(string arm) => rows.Single(row => row.GetProperty("arm").GetString() == arm && row.GetProperty("way").GetString() == RanksSuite.Alone);
        var (dense, dropped) = (Alone(RanksSuite.Dense), rows.Single(row => row.GetProperty("arm").GetString() != RanksSuite.Dense && row.GetProperty("way").GetString() == RanksSuite.Alone));
        var preset = dense.GetProperty("preset").GetString()!;
        var length = dense.GetProperty("length").GetInt32();
        var config = StepShape.Preset(preset) with { VocabularySize = dense.GetProperty("vocabulary").GetInt32(), MaxPositions = length };
        var shape = new StepShape(preset, config, dense.GetProperty("rows_each").GetInt32(), length, 0);
        var share = dropped.GetProperty("blocks_run").GetDouble() / config.Layers;
        var blocks = (Seconds(dense) - Seconds(dropped)) / (1 - share);
        var bytes = Bytes(config);
        var model = new StepModel(config.Layers, blocks, Seconds(dense) - blocks, bytes.Block, bytes.Others);
        return
        [
            .. rows.Where(row => row.GetProperty("way").GetString() is RanksSuite.AtTheEnd or RanksSuite.Early).Select(row => new Job(
                row.GetProperty("arm").GetString()!, row.GetProperty("way").GetString() == RanksSuite.Early, row.GetProperty("ranks").GetInt32(), Seconds(row), model, shape, shape.Flops(shape.Dense) / Seconds(dense), row.GetProperty("blocks_run").GetDouble())),
        ];
    }

    private static JsonElement[] Rows(FileInfo file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file.FullName));
        return [.. document.RootElement.GetProperty("rows").Clone().EnumerateArray()];
    }

    private sealed record Job(string Arm, bool Early, int Ranks, double Seconds, StepModel Model, StepShape Shape, double FlopsASecond, double BlocksRun);
}
