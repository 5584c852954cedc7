using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace QuickStart;

/// <summary>A paragraph of text to pre-train on; an empty one ends a document.</summary>
internal sealed class Paragraph
{
    public string Text { get; set; } = "";
}

/// <summary>A customer's question to a bank, and what it is about.</summary>
internal sealed class Question
{
    [LoadColumn(0)]
    public string Text { get; set; } = "";

    [LoadColumn(1)]
    public string Category { get; set; } = "";
}

/// <summary>The data that come with the repository: public-domain novels without labels, and banking77, questions of 77 categories.</summary>
internal sealed class ShippedData(MLContext mlContext)
{
    private static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "data", file);

    // The file is sorted by category: shuffled, its first rows are a fair sample. The pool holds all of it, for ShuffleRows moves rows no farther.
    public IDataView Training => mlContext.Data.ShuffleRows(Questions("train.csv"), seed: 1, shufflePoolSize: 20_000);

    public IDataView Test => Questions("test.csv");

    /// <summary>
    /// All there is to read: the training questions without their categories, and the novels. In this order, because the end is what pre-training holds
    /// out; and shuffled, because in the file's order the neighbours of a question would tell its words.
    /// </summary>
    /// <param name="paragraphs">Read at most so many of the novels' paragraphs.</param>
    public IDataView UnlabelledText(int paragraphs) => mlContext.Data.LoadFromEnumerable(
        QuestionTexts().SelectMany(text => new[] { text, "" }).Concat(Novels().Take(paragraphs)).Select(text => new Paragraph { Text = text }));

    private IDataView Questions(string file) => mlContext.Data.LoadFromTextFile<Question>(
        Path(file), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true });

    private IEnumerable<string> QuestionTexts() => mlContext.Data.CreateEnumerable<Question>(Training, reuseRowObject: false).Select(question => question.Text);

    private static IEnumerable<string> Novels()
    {
        using var lines = new StreamReader(new BrotliStream(File.OpenRead(Path("books.train-00.txt.br")), CompressionMode.Decompress));
        while (lines.ReadLine() is { } line) yield return line;
    }
}
