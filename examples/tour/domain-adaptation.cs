#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj

// Domain adaptation: there is much text of one's own and few labels. An encoder of general English first goes on with filling in masked words, on that text; then it is fine-tuned.
// Does it help? The same fine-tuning with and without, on the same labels, several times.
//
//     dotnet run -c Release examples/tour/domain-adaptation.cs          with --short: 20 of the 77 categories, in minutes; with --smoke: seconds, to see that it works
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;

var plan = args switch
{
    ["--smoke"] => new Plan(Categories: 10, Steps: 6, BatchSize: 8, Labels: 2, Epochs: 1, Seeds: 1),
    ["--short"] => new Plan(Categories: 20, Steps: 80, BatchSize: 16, Labels: 10, Epochs: 10, Seeds: 2),
    _ => new Plan(Categories: 77, Steps: 400, BatchSize: 32, Labels: 10, Epochs: 10, Seeds: 3),
};
var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");
using var console = new ConsoleProgress();
Question[] questions = Read("train.csv"), test = Read("test.csv");

// 1. What is there: questions of a bank's customers, of which a few of each category have a label. The others are text to read.
Console.WriteLine($"{questions.Length:N0} questions to read, {plan.Labels} with a label of each of {plan.Categories} categories, {test.Length:N0} to be tried on");

// 2. Read. Shuffled, for neighbours share a sequence, and those of one category would tell each other's words. All blocks run: it is soon over, and only what is read is to make the difference.
using var mini = BertModel.FromPretrained(Path.Combine(examples, "models", "pld-bert-mini"));
var reading = new MLContext(seed: 1);
var validations = new Validations();
var adaptation = reading.Transforms.PldBert("Features", nameof(Question.Text), new PldBertEstimator.Options
{
    Pretrained = mini,
    Pretraining = new()
    {
        Steps = plan.Steps, BatchSize = plan.BatchSize, SequenceLength = 64, LayerSchedule = new DenseSchedule(), LearningRate = new() { Peak = 5e-4, WarmupShare = 0.1 },
        ValidationShare = 0.05, ValidationInterval = (plan.Steps + 7) / 8,
    },
    Progress = [console, validations],
});
using var adapted = adaptation.Fit(reading.Data.LoadFromEnumerable(Shuffled(questions, seed: 1)));
Console.WriteLine($"masked words of held-out questions guessed right: {validations.Accuracies[0]:P1} at the first look -> {validations.Accuracies[^1]:P1}");

// 3. Fine-tune both on the same labels, and measure both.
var rows = (from seed in Enumerable.Range(1, plan.Seeds) let labelled = Few(seed) select (Seed: seed, Plain: Accuracy(mini, labelled, seed), Adapted: Accuracy(adapted.Model, labelled, seed))).ToArray();
foreach (var (seed, plain, after) in rows) Console.WriteLine($"seed {seed}: plain {plain:P1}, adapted {after:P1}");
Console.WriteLine($"accuracy on {test.Length:N0} test questions: plain {rows.Average(row => row.Plain):P1}, adapted {rows.Average(row => row.Adapted):P1}; "
    + $"gain {100 * rows.Average(row => row.Adapted - row.Plain):+0.0;-0.0} points ({100 * rows.Min(row => row.Adapted - row.Plain):+0.0;-0.0} to {100 * rows.Max(row => row.Adapted - row.Plain):+0.0;-0.0})");

double Accuracy(BertModel encoder, Question[] labelled, int seed)
{
    var mlContext = new MLContext(seed);
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category)).Append(mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
    {
        Sentence1ColumnName = nameof(Question.Text), Pretrained = encoder, Progress = [console],
        FineTuning = new() { Epochs = plan.Epochs, MaxLength = 64, Pooling = Pooling.Mean, LearningRate = new() { Peak = 1e-3, WarmupShare = 0.1 } },
    }));
    using var model = pipeline.Fit(mlContext.Data.LoadFromEnumerable(labelled));
    return mlContext.MulticlassClassification.Evaluate(model.Transform(mlContext.Data.LoadFromEnumerable(test))).MicroAccuracy;
}

Question[] Few(int seed) => [.. Shuffled(questions, seed).GroupBy(question => question.Category).SelectMany(category => category.Take(plan.Labels))];

Question[] Read(string name)
{
    var (mlContext, options) = (new MLContext(), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true });
    var rows = mlContext.Data.CreateEnumerable<Question>(mlContext.Data.LoadFromTextFile<Question>(Path.Combine(examples, "data", "banking77", name), options), reuseRowObject: false);
    return [.. rows.GroupBy(row => row.Category).OrderBy(category => category.Key, StringComparer.Ordinal).Take(plan.Categories).SelectMany(category => category)];
}

static Question[] Shuffled(Question[] questions, int seed)
{
    Question[] shuffled = [.. questions];
    new Random(seed).Shuffle(shuffled);
    return shuffled;
}

internal sealed record Plan(int Categories, int Steps, int BatchSize, int Labels, int Epochs, int Seeds);

internal sealed class Question
{
    [LoadColumn(0)] public string Text { get; set; } = "";
    [LoadColumn(1)] public string Category { get; set; } = "";
}

internal sealed class Validations : IProgress<TrainingProgress>
{
    public List<double> Accuracies { get; } = [];

    public void Report(TrainingProgress value)
    {
        if (value.ValidationAccuracy is { } accuracy) Accuracies.Add(accuracy);
    }
}
