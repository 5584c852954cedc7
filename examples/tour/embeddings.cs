#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj
#:package Microsoft.ML.LightGbm

// Embeddings: a vector for each text, without any training of the encoder. What are they good for? Search for what means the same, and features for a trainer of ML.NET's, here LightGBM.
//
//     dotnet run -c Release examples/tour/embeddings.cs          with --smoke: seconds, to see that it works
using System.Numerics.Tensors;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;
using Microsoft.ML.Trainers.LightGbm;

var smoke = args.Contains("--smoke");
var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");
var mlContext = new MLContext(seed: 1);

// 1. Vectors of all questions that have been answered before: the index. Vectors of one encoder all lean to one side; without their mean they tell more.
using var encoder = PldBertTransformer.FromPretrained(mlContext, Path.Combine(examples, "models", "pld-bert-mini"), "Features", nameof(Question.Text), maxLength: 64);
var (known, asked) = (Read("train.csv", smoke ? 300 : int.MaxValue), Read("test.csv", smoke ? 60 : int.MaxValue));
var (index, queries) = (Embed(known), Embed(asked));
var mean = new float[index[0].Features.Length];
foreach (var question in index) TensorPrimitives.Add(mean, question.Features, mean);
TensorPrimitives.Divide(mean, (float)index.Length, mean);
foreach (var question in index.Concat(queries)) TensorPrimitives.Subtract(question.Features, mean, question.Features);
Console.WriteLine($"{index.Length:N0} questions in the index, {mean.Length} numbers each");

// 2. Search: the nearest by the angle between the vectors. Ten thousand are compared in a moment; millions want an index of their own kind.
foreach (var query in queries.Where((_, i) => i % (queries.Length / 3) == 0).Take(3))
{
    Console.WriteLine($"  {query.Text}");
    foreach (var found in index.OrderByDescending(question => TensorPrimitives.CosineSimilarity(question.Features, query.Features)).Take(3)) Console.WriteLine($"      {found.Text}   [{found.Category}]");
}
var some = queries.Where((_, i) => i % (smoke ? 1 : 6) == 0).ToArray();
var indexWords = index.Select(question => Words(question.Text)).ToArray();
Console.WriteLine($"the nearest of {index.Length:N0} is of the same category as the question: {Share(some, query => index.MaxBy(question => TensorPrimitives.CosineSimilarity(question.Features, query.Features))!):P1}; "
    + $"by words in common: {Share(some, query => index[Nearest(Words(query.Text))]):P1} ({some.Length:N0} questions)");

// 3. Features: any trainer takes the column. Encoder and trees go into one model.zip.
var features = mlContext.Data.Cache(encoder.Transform(known));
var trees = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category))
    .Append(mlContext.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { NumberOfIterations = smoke ? 5 : 40, NumberOfLeaves = 8, LearningRate = 0.15, MinimumExampleCountPerLeaf = 5, Verbose = false }))
    .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedCategory", "PredictedLabel"))
    .Fit(features);
var model = new TransformerChain<ITransformer>(encoder, trees);
Console.WriteLine($"LightGBM on the vectors: accuracy {mlContext.MulticlassClassification.Evaluate(model.Transform(asked)).MicroAccuracy:P1} on {queries.Length:N0} test questions");

Directory.CreateDirectory("tour-output");
var zip = Path.Combine("tour-output", "embeddings.zip");
mlContext.Model.Save(model, known.Schema, zip);
using var engine = mlContext.Model.CreatePredictionEngine<Question, Answer>(mlContext.Model.Load(zip, out _));
Console.WriteLine($"{zip}: {queries[0].Text} -> {engine.Predict(new Question { Text = queries[0].Text }).PredictedCategory}");

IDataView Read(string name, int rows) => mlContext.Data.TakeRows(mlContext.Data.ShuffleRows(mlContext.Data.LoadFromTextFile<Question>(
    Path.Combine(examples, "data", "banking77", name), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true }), seed: 1, shufflePoolSize: 20_000), rows);

Embedded[] Embed(IDataView questions) => [.. mlContext.Data.CreateEnumerable<Embedded>(encoder.Transform(questions), reuseRowObject: false)];

static double Share(Embedded[] queries, Func<Embedded, Embedded> nearest) => queries.AsParallel().Average(query => nearest(query).Category == query.Category ? 1.0 : 0);

int Nearest(HashSet<string> words) => Enumerable.Range(0, indexWords.Length).MaxBy(i => indexWords[i].Count(words.Contains) / Math.Sqrt(indexWords[i].Count));

static HashSet<string> Words(string text) => [.. text.ToLowerInvariant().Split([' ', '?', '.', ',', '!'], StringSplitOptions.RemoveEmptyEntries)];

internal class Question
{
    [LoadColumn(0)] public string Text { get; set; } = "";
    [LoadColumn(1)] public string Category { get; set; } = "";
}

internal sealed class Embedded : Question
{
    public float[] Features { get; set; } = [];
}

internal sealed class Answer
{
    public string PredictedCategory { get; set; } = "";
}
