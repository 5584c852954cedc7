#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj

// Sentence pairs: do two customers ask the same? Learned from pairs of questions of some categories of banking77, and tried on categories that it has never seen.
//
//     dotnet run -c Release examples/tour/sentence-pairs.cs          with --smoke: seconds, to see that it works
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;

var smoke = args.Contains("--smoke");
var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");
var mlContext = new MLContext(seed: 1);
var random = new Random(1);

// 1. Categories go to one side or the other as a whole: what is learned must be comparing, not the categories.
var file = mlContext.Data.LoadFromTextFile<Question>(
    Path.Combine(examples, "data", "banking77", "train.csv"), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true });
var categories = mlContext.Data.CreateEnumerable<Question>(file, reuseRowObject: false).GroupBy(question => question.Category, question => question.Text).Select(texts => texts.ToArray()).ToArray();
random.Shuffle(categories);
var (training, test) = (Draw(categories[..57], smoke ? 160 : 8_000), Draw(categories[57..], smoke ? 200 : 2_000));
Console.WriteLine($"{training.Length:N0} pairs of 57 categories to learn from, {test.Length:N0} of 20 others to be tried on; half of them ask the same.");

// 2. Fine-tune on two columns. Both sentences are read together, so that each word of one can look at each of the other.
using var mini = BertModel.FromPretrained(Path.Combine(examples, "models", "pld-bert-mini"));
using var console = new ConsoleProgress();
var trainer = mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
{
    Sentence1ColumnName = nameof(Pair.First), Sentence2ColumnName = nameof(Pair.Second), LabelColumnName = nameof(Pair.IsSame), Pretrained = mini,
    FineTuning = new() { Epochs = smoke ? 1 : 2, MaxLength = 64, LearningRate = new() { Peak = 3e-4, WarmupShare = 0.1 } },
    Progress = [console],
});
using var model = trainer.Fit(mlContext.Data.LoadFromEnumerable(training));

// 3. Measure it, beside what the words that both have in common tell.
var metrics = mlContext.BinaryClassification.Evaluate(model.Transform(mlContext.Data.LoadFromEnumerable(test)), labelColumnName: nameof(Pair.IsSame));
bool[] isSame = [.. test.Select(pair => pair.IsSame)];
float[] inCommon = [.. test.Select(pair => WordsInCommon(pair))];
Console.WriteLine($"accuracy on categories never seen: {metrics.Accuracy:P1}");
Console.WriteLine($"area under the ROC curve: {metrics.AreaUnderRocCurve:F3}; by the share of words in common alone: {EvaluationMetrics.AreaUnderRocCurve(isSame, inCommon):F3}");

// 4. Ask it.
using var engine = mlContext.Model.CreatePredictionEngine<Pair, Answer>(model);
foreach (var (first, second) in new[] { ("Where is my new card?", "My card has not come in the mail yet."), ("Where is my new card?", "How do I get a second card for my wife?"), ("I forgot my PIN", "Can I choose another PIN?") })
    Console.WriteLine($"  {engine.Predict(new Pair { First = first, Second = second }).Probability:P0}  {first} | {second}");

// Every second pair is of one category, the others of two.
Pair[] Draw(string[][] among, int count) => [.. Enumerable.Range(0, count).Select(i =>
{
    var category = random.Next(among.Length);
    var (texts, text) = (among[category], random.Next(among[category].Length));
    var others = i % 2 == 0 ? texts : among[Another(category, among.Length)];
    return new Pair { First = texts[text], Second = others[i % 2 == 0 ? Another(text, texts.Length) : random.Next(others.Length)], IsSame = i % 2 == 0 };
})];

int Another(int than, int count) => (than + random.Next(1, count)) % count;

static float WordsInCommon(Pair pair)
{
    var (first, second) = (Words(pair.First), Words(pair.Second));
    return (float)first.Intersect(second).Count() / first.Union(second).Count();
}

static HashSet<string> Words(string text) => [.. text.ToLowerInvariant().Split([' ', '?', '.', ',', '!'], StringSplitOptions.RemoveEmptyEntries)];

internal sealed class Question
{
    [LoadColumn(0)] public string Text { get; set; } = "";
    [LoadColumn(1)] public string Category { get; set; } = "";
}

internal sealed class Pair
{
    public string First { get; set; } = "";
    public string Second { get; set; } = "";
    public bool IsSame { get; set; }
}

internal sealed class Answer
{
    public float Probability { get; set; }
}
