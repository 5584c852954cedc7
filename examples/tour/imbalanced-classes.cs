#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj

// Imbalanced classes: 168 of 10,003 customers report a card that is lost, stolen or misused, and these must not wait. Accuracy says little here: who never raises the alarm is right in 97 of 100 cases of the test.
//
//     dotnet run -c Release examples/tour/imbalanced-classes.cs          with --smoke: seconds, to see that it works
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;

var smoke = args.Contains("--smoke");
var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");
using var mini = BertModel.FromPretrained(Path.Combine(examples, "models", "pld-bert-mini"));
using var console = new ConsoleProgress();

// 1. One question in sixty is an alarm.
string[] alarms = ["lost_or_stolen_card", "compromised_card"];
var (training, test) = (Read("train.csv", smoke ? 200 : 4_000), Read("test.csv", smoke ? 200 : int.MaxValue));
Console.WriteLine($"{training.Count(question => question.IsAlarm)} alarms among {training.Length:N0} questions to learn from, {test.Count(question => question.IsAlarm)} among {test.Length:N0} to be tried on");

// 2. The same training, with alarms counting as they come, as much as all others together, and with the focal loss, which turns to what is still wrong.
Tell("as it comes", new FineTuningOptions());
Tell("ClassWeighting.Balanced", new FineTuningOptions { ClassWeighting = ClassWeighting.Balanced });
Tell("FocalLossGamma = 2", new FineTuningOptions { FocalLossGamma = 2 });

void Tell(string name, FineTuningOptions options)
{
    var mlContext = new MLContext(seed: 1);
    var trainer = mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
    {
        LabelColumnName = nameof(Question.IsAlarm), Sentence1ColumnName = nameof(Question.Text), Pretrained = mini, Progress = [console],
        FineTuning = options with { Epochs = smoke ? 1 : 2, MaxLength = 64, Pooling = Pooling.Mean, LearningRate = new() { Peak = 3e-4, WarmupShare = 0.1 } },
    });
    using var model = trainer.Fit(mlContext.Data.LoadFromEnumerable(training));
    // 3. Look at each class: how many of the alarms are found, how many of the others are left in peace, and how many alarms are false.
    var metrics = mlContext.BinaryClassification.Evaluate(model.Transform(mlContext.Data.LoadFromEnumerable(test)), labelColumnName: nameof(Question.IsAlarm));
    var precision = metrics.PositiveRecall > 0 ? $"{metrics.PositivePrecision:P1} of the alarms raised are true" : "no true alarm was raised";
    Console.WriteLine($"{name,-24} recall of alarms {metrics.PositiveRecall:P1}, of the others {metrics.NegativeRecall:P1}; {precision}; accuracy {metrics.Accuracy:P1}");
}

// The file is sorted by category: shuffled, its first rows are a fair sample.
Question[] Read(string name, int rows)
{
    var mlContext = new MLContext();
    var file = mlContext.Data.LoadFromTextFile<Row>(Path.Combine(examples, "data", "banking77", name), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true });
    Question[] questions = [.. mlContext.Data.CreateEnumerable<Row>(file, reuseRowObject: false).Select(row => new Question { Text = row.Text, IsAlarm = alarms.Contains(row.Category) })];
    new Random(1).Shuffle(questions);
    return questions[..Math.Min(rows, questions.Length)];
}

internal sealed class Row
{
    [LoadColumn(0)] public string Text { get; set; } = "";
    [LoadColumn(1)] public string Category { get; set; } = "";
}

internal sealed class Question
{
    public string Text { get; set; } = "";
    public bool IsAlarm { get; set; }
}
