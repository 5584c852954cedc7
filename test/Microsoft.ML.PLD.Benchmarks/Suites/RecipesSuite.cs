using System.CommandLine;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>What single options of fine-tuning do for the scores of small tasks: docs/fine-tuning.md is made of it.</summary>
internal sealed class RecipesSuite() : Suite("recipes", "Fine-tuning on tasks of GLUE with one option changed at a time: scores over seeds, and time.")
{
    private static readonly Dictionary<string, Func<FineTuningOptions, FineTuningOptions>> Recipes = new()
    {
        ["default"] = options => options,
        ["frozen-4"] = options => options with { FrozenBlocks = 4 },
        ["frozen-8"] = options => options with { FrozenBlocks = 8 },
        ["layerwise-0.9"] = options => options with { LayerwiseDecay = 0.9 },
        ["layerwise-0.8"] = options => options with { LayerwiseDecay = 0.8 },
        ["reinit-1"] = options => options with { ReinitializedBlocks = 1 },
        ["reinit-3"] = options => options with { ReinitializedBlocks = 3 },
        ["dropout-0"] = options => options with { HiddenDropout = 0, AttentionDropout = 0 },
        ["dropout-0.2"] = options => options with { HiddenDropout = 0.2, AttentionDropout = 0.2 },
        ["smoothing-0.1"] = options => options with { LabelSmoothing = 0.1 },
        ["focal-2"] = options => options with { FocalLossGamma = 2 },
        ["balanced"] = options => options with { ClassWeighting = ClassWeighting.Balanced },
        ["mean-pooling"] = options => options with { Pooling = Pooling.Mean },
        ["twice-the-epochs"] = options => options with { Epochs = 2 * options.Epochs },
        ["batch-16"] = options => options with { BatchSize = 16 },
        ["pld-0.5"] = options => options with { LayerSchedule = new ProgressiveLayerDrop(0.5) },
        ["pld-0.8"] = options => options with { LayerSchedule = new ProgressiveLayerDrop(0.8) },
        ["early-stopping"] = options => options with { Epochs = 3 * options.Epochs, ValidationShare = 0.1, Patience = 3 },
        ["head"] = options => options with { LongTexts = LongTexts.Head },
        ["tail"] = options => options with { LongTexts = LongTexts.Tail },
        ["head-and-tail"] = options => options with { LongTexts = LongTexts.HeadAndTail },
        ["windows"] = options => options with { LongTexts = LongTexts.SlidingWindows },
    };

    private readonly Option<string[]> _glue = new("--glue") { Description = "Folders with GLUE's tasks.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<DirectoryInfo> _model = new("--model") { Description = "The folder of a pre-trained encoder.", Required = true };
    private readonly Option<string[]> _tasks = new("--tasks") { Description = "Of two classes, or of scores.", DefaultValueFactory = _ => ["RTE", "MRPC", "CoLA"], AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _recipes = new("--recipes") { Description = $"Which of: {string.Join(", ", Recipes.Keys)}.", DefaultValueFactory = _ => ["default"], AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Runs of each.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _epochs = new("--epochs") { Description = "Passes.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _steps = new("--steps") { Description = "Steps; 0: as many as the passes take.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _length = new("--max-length") { Description = "The most tokens.", DefaultValueFactory = _ => 128 };
    private readonly Option<int> _rows = new("--rows") { Description = "Train on so many rows, drawn at random, and measure on others of the training set; 0: on all, and on the development set.", DefaultValueFactory = _ => 0 };
    private readonly Option<int> _testRows = new("--test-rows") { Description = "Rows to measure with, where --rows draws.", DefaultValueFactory = _ => 2_000 };
    private readonly Option<double> _rare = new("--rare") { Description = "Draw so that class 1 has this share of the rows; 0: as it comes.", DefaultValueFactory = _ => 0 };
    private readonly Option<double> _rate = new("--learning-rate") { Description = "The peak.", DefaultValueFactory = _ => 3e-4 };

    public override IEnumerable<Option> Options => [_glue, _model, _tasks, _recipes, _seeds, _epochs, _steps, _length, _rate, _rows, _testRows, _rare];

    public override void Run(SuiteArguments arguments, Report report)
    {
        var parsed = arguments.Parsed;
        using var model = BertModel.FromPretrained(parsed.GetValue(_model)!.FullName);
        foreach (var name in parsed.GetValue(_tasks)!)
        {
            var task = GlueTasks.ByName(name);
            var folder = parsed.GetValue(_glue)!.FirstOrDefault(folder => GlueReader.Exists(task, GlueSplit.Train, folder)) ?? throw new ArgumentException($"The data of {name} are in none of the folders.");
            var train = GlueReader.Read(task, GlueSplit.Train, folder);
            var (rows, rare) = (parsed.GetValue(_rows), parsed.GetValue(_rare));
            (GlueData Train, GlueData Test) data = rows > 0 ? GlueSample.Draw(train, rows, parsed.GetValue(_testRows), rare) : (train, GlueReader.Read(task, GlueSplit.Dev, folder));
            float[] labels = [.. data.Test.Examples.Select(example => example.Label!.Value)];
            foreach (var recipe in parsed.GetValue(_recipes)!)
            {
                if (!Recipes.TryGetValue(recipe, out var change)) throw new ArgumentException($"There is no recipe '{recipe}'; expected {string.Join(", ", Recipes.Keys)}.");
                var runs = Enumerable.Range(1, parsed.GetValue(_seeds)).Select(seed => GlueRun.Run(data, model, change(new FineTuningOptions
                {
                    Epochs = parsed.GetValue(_epochs), Steps = parsed.GetValue(_steps), MaxLength = parsed.GetValue(_length), LearningRate = new() { Peak = parsed.GetValue(_rate), WarmupShare = 0.1 }, Seed = (ulong)seed,
                }))).ToArray();
                foreach (var metric in rare > 0 ? task.Metrics.Append(GlueMetric.F1).Distinct() : task.Metrics) // F1 is that of class 1, the rare one
                {
                    double[] values = [.. runs.Select(run => metric.Of(labels, run.Predicted))];
                    report.Add(
                        ("task", task.Name), ("rows", data.Train.Examples.Count), ("metric", metric.Name), ("recipe", recipe), ("mean", values.Average()), ("deviation", Deviation(values)), ("best", values.Max()),
                        ("seeds", runs.Length), ("seconds", Statistics.Median([.. runs.Select(run => run.Seconds)])));
                }
            }
        }
    }

    private static double Deviation(double[] values) => Math.Sqrt(values.Sum(value => (value - values.Average()) * (value - values.Average())) / Math.Max(1, values.Length - 1));
}
