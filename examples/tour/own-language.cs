#:project ../../src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj

// Own language and vocabulary: an encoder from nothing but text, here German. Files and folders of yours come after "--"; without, a small sample that the repository ships.
//
//     dotnet run -c Release examples/tour/own-language.cs [-- TEXT...]          with --smoke: seconds, to see that it works
//
// TEXT: .txt, .txt.br, .txt.gz or a folder of them; UTF-8, a paragraph a line, a blank line between documents.
using Microsoft.ML;
using Microsoft.ML.PLD;

var smoke = args.Contains("--smoke");
var examples = Path.Combine((string)AppContext.GetData("EntryPointFileDirectoryPath")!, "..");
string[] texts = [.. args.Where(arg => !arg.StartsWith("--", StringComparison.Ordinal))];
if (texts.Length == 0) texts = [Path.Combine(examples, "data", "maerchen", "maerchen.txt")];
string[] lines = [.. CorpusBuilder.ReadLines(texts).Select(line => line ?? "")];
var words = lines.Sum(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
Console.WriteLine($"{lines.Count(line => line.Length > 0):N0} paragraphs, {words:N0} words");

// 1. The vocabulary. Lower case would also take the dots off ä, ö and ü, and German nouns are told by their capitals: the text stays as it is.
var vocabulary = WordPieceTrainer.Train(lines, vocabularySize: words > 500_000 ? 16_000 : 2_000, new() { LowerCase = false });
var own = new WordPieceTokenizer(vocabulary, lowerCase: false);
var english = WordPieceTokenizer.FromVocabularyFile(Path.Combine(examples, "models", "pld-bert-mini", "vocab.txt"));
Console.WriteLine($"{vocabulary.Count:N0} word pieces learned. Pieces a word: {PiecesAWord(own):F2}; with the {english.Vocabulary.Count:N0} English ones of pld-bert-mini: {PiecesAWord(english):F2}");
var frequent = lines.SelectMany(line => line.Split(' ')).Where(word => word.All(char.IsLetter)).CountBy(word => word).Where(count => count.Value > 2).Select(count => count.Key);
foreach (var longWord in frequent.OrderByDescending(word => word.Length).Take(3)) Console.WriteLine($"  {longWord}: {Pieces(own, longWord)}; English: {Pieces(english, longWord)}");

// 2. The encoder: six small blocks. With much text take BertConfig.Mini or more, longer sequences, and as many steps as there is time for.
var mlContext = new MLContext(seed: 1);
using var console = new ConsoleProgress();
var validations = new Validations();
var pretraining = mlContext.Transforms.PldBert("Features", nameof(Line.Text), new PldBertEstimator.Options
{
    Config = BertConfig.Tiny with { MaxPositions = 64 }, Vocabulary = vocabulary, LowerCase = false, EmptyRowsEndDocuments = true, MaxLength = 64,
    Pretraining = new()
    {
        Steps = smoke ? 30 : 600, BatchSize = 16, SequenceLength = 32, LayerSchedule = new ProgressiveLayerDrop(thetaBar: 0.7), LearningRate = new() { Peak = 1e-3, WarmupShare = 0.05 },
        HiddenDropout = 0.1, ValidationShare = 0.1, ValidationInterval = smoke ? 10 : 50, // a small text is read many times: dropout keeps it from being learned by heart
    },
    Progress = [console, validations],
});
using var encoder = pretraining.Fit(mlContext.Data.LoadFromEnumerable(lines.Select(line => new Line { Text = line })));
Console.WriteLine($"{encoder.Model.ParameterCount:N0} weights; loss on held-out text {validations.Losses[0]:F2} -> lowest {validations.Losses.Min():F2}, masked pieces guessed right {validations.Accuracies[0]:P1} -> best {validations.Accuracies.Max():P1}");

// 3. Keep it: Hugging Face's layout, for BertModel.FromPretrained and for transformers.
var output = Path.Combine("tour-output", "own-language");
encoder.Model.SavePretrained(output);
using var again = BertModel.FromPretrained(output);
Console.WriteLine($"saved to {output}, and read again: {again.Config.Layers} blocks, {again.Tokenizer.Vocabulary.Count:N0} word pieces");

double PiecesAWord(WordPieceTokenizer tokenizer)
{
    var ids = new List<int>();
    foreach (var line in lines) tokenizer.AppendIds(line, ids);
    return (double)ids.Count / words;
}

static string Pieces(WordPieceTokenizer tokenizer, string word)
{
    var ids = new List<int>();
    tokenizer.AppendIds(word, ids);
    return string.Join(' ', ids.Select(id => tokenizer.Vocabulary.Pieces[id]));
}

internal sealed class Line
{
    public string Text { get; set; } = "";
}

internal sealed class Validations : IProgress<TrainingProgress>
{
    public List<double> Losses { get; } = [];
    public List<double> Accuracies { get; } = [];

    public void Report(TrainingProgress value)
    {
        if (value is not { ValidationLoss: { } loss, ValidationAccuracy: { } accuracy }) return;
        Losses.Add(loss);
        Accuracies.Add(accuracy);
    }
}
