using System.CommandLine;
using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Which of the shipped novels a page is from, by what is read of the page: docs/fine-tuning.md has what came out.</summary>
internal sealed class LongTextsSuite() : Suite("longtexts", "Texts longer than MaxLength: which novel a page is from, by what is read of it.")
{
    private readonly Option<DirectoryInfo> _model = new("--model") { Description = "The folder of a pre-trained encoder.", Required = true };
    private readonly Option<int> _words = new("--words") { Description = "The fewest words of a page.", DefaultValueFactory = _ => 150 };
    private readonly Option<int> _pages = new("--pages") { Description = "Pages of each novel to learn from.", DefaultValueFactory = _ => 40 };
    private readonly Option<int> _length = new("--max-length") { Description = "Tokens that the encoder reads at once.", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _epochs = new("--epochs") { Description = "Passes.", DefaultValueFactory = _ => 6 };
    private readonly Option<int> _seeds = new("--seeds") { Description = "Runs of each.", DefaultValueFactory = _ => 3 };
    private readonly Option<double> _rate = new("--learning-rate") { Description = "The peak.", DefaultValueFactory = _ => 3e-4 };
    private readonly Option<string[]> _ways = new("--ways")
    {
        Description = $"Which of: {string.Join(", ", Enum.GetNames<LongTexts>())}, Twice (the beginning, at twice the length).", AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [.. Enum.GetNames<LongTexts>(), "Twice"],
    };

    public override IEnumerable<Option> Options => [_model, _words, _pages, _length, _epochs, _seeds, _rate, _ways];

    public override void Run(SuiteArguments arguments, Report report)
    {
        var parsed = arguments.Parsed;
        using var model = BertModel.FromPretrained(parsed.GetValue(_model)!.FullName);
        var (train, test) = BookPages.Draw(parsed.GetValue(_words), parsed.GetValue(_pages), test: 40);
        foreach (var way in parsed.GetValue(_ways)!)
        {
            var (accuracies, times) = (new List<double>(), new List<double>());
            for (var seed = 1; seed <= parsed.GetValue(_seeds); seed++)
            {
                var mlContext = new MLContext(seed);
                var options = new PldBertMulticlassTrainer.Options
                {
                    Sentence1ColumnName = nameof(BookPages.Text), Pretrained = model,
                    FineTuning = new()
                    {
                        Epochs = parsed.GetValue(_epochs), LearningRate = new() { Peak = parsed.GetValue(_rate), WarmupShare = 0.1 }, Seed = (ulong)seed,
                        MaxLength = parsed.GetValue(_length) * (way == "Twice" ? 2 : 1), LongTexts = way == "Twice" ? LongTexts.Head : Enum.Parse<LongTexts>(way),
                    },
                };
                var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(BookPages.Book)).Append(mlContext.MulticlassClassification.Trainers.PldBert(options));
                var start = Stopwatch.GetTimestamp();
                using var trained = pipeline.Fit(mlContext.Data.LoadFromEnumerable(train));
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                accuracies.Add(mlContext.MulticlassClassification.Evaluate(trained.Transform(mlContext.Data.LoadFromEnumerable(test))).MicroAccuracy);
            }
            report.Add(
                ("way", way), ("train_pages", train.Length), ("test_pages", test.Length), ("accuracy", accuracies.Average()), ("lowest", accuracies.Min()), ("highest", accuracies.Max()),
                ("seeds", accuracies.Count), ("seconds", Statistics.Median([.. times])));
        }
    }
}
