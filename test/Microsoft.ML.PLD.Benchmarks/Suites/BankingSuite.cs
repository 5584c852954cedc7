using System.CommandLine;
using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>banking77 by a fine-tuned encoder, from pre-training and from scratch, and by what ML.NET has for it. One row of figures for each arm and seed.</summary>
internal sealed class BankingSuite() : Suite("banking77", "banking77: fine-tuned encoders against FeaturizeText with SDCA and with LightGBM.")
{
    private readonly Option<DirectoryInfo?> _model = new("--model") { Description = "The folder of a pre-trained encoder; without it, only what needs none." };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Runs of each arm.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _epochs = new("--epochs") { Description = "Passes of fine-tuning.", DefaultValueFactory = _ => 6 };
    private readonly Option<double> _rate = new("--learning-rate") { Description = "Of the pre-trained encoder.", DefaultValueFactory = _ => 1e-3 };
    private readonly Option<double> _scratchRate = new("--scratch-learning-rate") { Description = "Of the same encoder from scratch.", DefaultValueFactory = _ => 1e-3 };
    private readonly Option<bool> _heldOut = new("--held-out") { Description = "Score a tenth of the training questions instead of the test questions: for choosing rates." };
    private readonly Option<string[]> _arms = new("--arms")
    {
        Description = "Which of: pretrained, scratch, sdca, lightgbm.", DefaultValueFactory = _ => ["pretrained", "scratch", "sdca", "lightgbm"], AllowMultipleArgumentsPerToken = true,
    };

    public override IEnumerable<Option> Options => [_model, _seeds, _epochs, _rate, _scratchRate, _heldOut, _arms];

    public override void Run(SuiteArguments arguments, Report report)
    {
        var parsed = arguments.Parsed;
        using var model = parsed.GetValue(_model) is { } folder ? BertModel.FromPretrained(folder.FullName) : null;
        foreach (var arm in parsed.GetValue(_arms)!)
        {
            if (model is null && arm is "pretrained" or "scratch") continue;
            for (var seed = 1; seed <= parsed.GetValue(_seeds); seed++)
            {
                var mlContext = new MLContext(seed);
                // The file is sorted by category. The pool holds all of it, for ShuffleRows moves rows no farther; the held-out part is the same for all seeds.
                var all = mlContext.Data.ShuffleRows(LabelledText.Banking77View(mlContext, "train.csv"), seed: 1, shufflePoolSize: 20_000);
                var (training, test) = parsed.GetValue(_heldOut)
                    ? (mlContext.Data.SkipRows(all, 1_000), mlContext.Data.TakeRows(all, 1_000))
                    : (all, LabelledText.Banking77View(mlContext, "test.csv"));
                var rate = parsed.GetValue(arm == "scratch" ? _scratchRate : _rate);
                var start = Stopwatch.GetTimestamp();
                var trained = Pipeline(mlContext, arm, model, rate, parsed.GetValue(_epochs), (ulong)seed).Fit(training);
                var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                var metrics = mlContext.MulticlassClassification.Evaluate(trained.Transform(test));
                report.Add(
                    ("arm", arm), ("seed", seed), ("learning_rate", arm is "pretrained" or "scratch" ? rate : double.NaN), ("accuracy", metrics.MicroAccuracy),
                    ("log_loss", metrics.LogLoss), ("seconds", seconds));
                (trained as IDisposable)?.Dispose();
            }
        }
    }

    private static IEstimator<ITransformer> Pipeline(MLContext mlContext, string arm, BertModel? model, double rate, int epochs, ulong seed)
    {
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(LabelledText.Question.Category));
        var trainers = mlContext.MulticlassClassification.Trainers;
        var options = new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = nameof(LabelledText.Question.Text),
            FineTuning = new() { Epochs = epochs, MaxLength = 64, LearningRate = new() { Peak = rate, WarmupShare = 0.1 }, Pooling = Pooling.Mean, Seed = seed },
        };
        return arm switch
        {
            "pretrained" => keys.Append(trainers.PldBert(options with { Pretrained = model })),
            "scratch" => keys.Append(trainers.PldBert(options with { Config = model!.Config, Vocabulary = model.Tokenizer.Vocabulary, LowerCase = model.Tokenizer.LowerCase })),
            "sdca" => Featurized().Append(trainers.SdcaMaximumEntropy()),
            "lightgbm" => Featurized().Append(trainers.LightGbm()),
            _ => throw new ArgumentException($"There is no arm '{arm}'; expected pretrained, scratch, sdca or lightgbm."),
        };

        IEstimator<ITransformer> Featurized() => keys.Append(mlContext.Transforms.Text.FeaturizeText("Features", nameof(LabelledText.Question.Text))).AppendCacheCheckpoint(mlContext);
    }
}
