#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj

// Long documents: from which of five novels is a page of at least 150 words? An encoder reads so many tokens at once, here 64. What becomes of the rest is an option: nothing, or windows that slide over all of it.
//
//     dotnet run -c Release examples/tour/long-documents.cs          with --smoke: seconds, to see that it works
using Microsoft.ML;
using Microsoft.ML.PLD;

var smoke = args.Contains("--smoke");
var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");

// 1. Pages: whole paragraphs of a chapter. Those to be tried on are from later chapters of the same novels.
(string Title, int FirstChapter, int Chapters)[] novels = [("David Copperfield", 0, 64), ("The Octopus", 132, 16), ("Pride and Prejudice", 148, 61), ("The Boats of the \"Glen Carrig\"", 338, 17), ("The Deerslayer", 355, 32)];
string[][] chapters = [.. Chapters(CorpusBuilder.ReadLines([Path.Combine(examples, "data", "books", "books.train-00.txt.br")]))];
var (training, test) = (new List<Page>(), new List<Page>());
foreach (var (title, first, count) in novels)
{
    training.AddRange(Draw(title, chapters[first..(first + count / 2)], smoke ? 4 : 40));
    test.AddRange(Draw(title, chapters[(first + count / 2)..(first + count)], smoke ? 4 : 40));
}
using var mini = BertModel.FromPretrained(Path.Combine(examples, "models", "pld-bert-mini"));
var tokens = training.Average(page => mini.Tokenizer.Encode(page.Text, maxLength: 4_096).Ids.Length);
Console.WriteLine($"{training.Count} pages to learn from, {test.Count} to be tried on; {tokens:F0} tokens each on average, of which 64 are read at once");

// 2. Two ways to read them.
using var console = new ConsoleProgress();
foreach (var way in new[] { LongTexts.Head, LongTexts.SlidingWindows })
{
    var clock = System.Diagnostics.Stopwatch.StartNew();
    var mlContext = new MLContext(seed: 1);
    var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Page.Book)).Append(mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
    {
        Sentence1ColumnName = nameof(Page.Text), Pretrained = mini, Progress = [console],
        FineTuning = new() { Epochs = smoke ? 1 : 4, MaxLength = 64, LongTexts = way, WindowStride = 48, Pooling = Pooling.Mean, LearningRate = new() { Peak = 3e-4, WarmupShare = 0.1 } },
    }));
    using var model = pipeline.Fit(mlContext.Data.LoadFromEnumerable(training));
    var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(mlContext.Data.LoadFromEnumerable(test)));
    Console.WriteLine($"{way}: accuracy {metrics.MicroAccuracy:P1}, log-loss {metrics.LogLoss:F2}, {clock.Elapsed.TotalSeconds:F0} s (always the same answer: {1.0 / novels.Length:P0})");
}

static IEnumerable<string[]> Chapters(IEnumerable<string?> lines)
{
    var chapter = new List<string>();
    foreach (var line in lines)
    {
        if (!string.IsNullOrEmpty(line)) chapter.Add(line);
        else if (chapter.Count > 0)
        {
            yield return [.. chapter];
            chapter.Clear();
        }
    }
}

static Page[] Draw(string book, string[][] chapters, int count)
{
    var pages = new List<Page>();
    foreach (var chapter in chapters)
    {
        var (page, words) = (new List<string>(), 0);
        foreach (var paragraph in chapter)
        {
            page.Add(paragraph);
            if ((words += paragraph.Count(c => c == ' ') + 1) < 150) continue;
            pages.Add(new Page { Book = book, Text = string.Join(' ', page) });
            (page, words) = ([], 0);
        }
    }
    var drawn = pages.ToArray();
    new Random(1).Shuffle(drawn);
    return drawn[..count];
}

internal sealed class Page
{
    public string Book { get; set; } = "";
    public string Text { get; set; } = "";
}
