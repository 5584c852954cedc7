using System.Globalization;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>
/// The code of a document, in regions of test methods: it is what users write, names of files included. Each test runs in a folder that has what the code reads, which is the current one of
/// the process meanwhile: pages are not to be run side by side with anything.
/// </summary>
public abstract class DocumentPage : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _before = Environment.CurrentDirectory;
    private readonly CultureInfo _culture = CultureInfo.CurrentCulture;
    private readonly TextWriter _console = Console.Out;
    private readonly StringWriter _printed = new();

    protected DocumentPage()
    {
        Environment.CurrentDirectory = _folder[""];
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture; // documents show what is printed with points
        Console.SetOut(_printed);
        var rows = TextRow.Make(24);
        File.WriteAllLines("texts.txt", rows.Select(row => row.Text!));
        File.WriteAllLines("tickets.tsv", rows.Select(row => $"{row.Text}\t{row.Class}").Prepend("Text\tCategory"));
        File.WriteAllLines("tickets.csv", rows.Select(row => $"\"{row.Text}\",{row.Class}").Prepend("text,category"));
    }

    /// <summary>What the code has printed.</summary>
    private protected string Printed => _printed.ToString();

    /// <summary>A network of the smallest size, with weights that nobody has trained and words of the texts.</summary>
    internal static BertModel SmallModel() => TestModel.Make(
        TestModel.Config with { MaxPositions = 128 }, nextSentence: true, vocabulary: WordPieceTrainer.Train(TextRow.Make(24).Select(row => row.Text!), 120));

    /// <summary>Rows with every kind of label that there is.</summary>
    private protected static IDataView Rows(MLContext mlContext) => mlContext.Data.LoadFromEnumerable(
        TextRow.Make(24).Select((row, i) => new LabelledRow { Text = row.Text!, Sentence1 = row.Text!, Sentence2 = $"they eat {i % 5} fish", Category = row.Class, Truth = i % 2 == 0, Number = i % 5 }));

    public void Dispose()
    {
        Console.SetOut(_console);
        Environment.CurrentDirectory = _before;
        CultureInfo.CurrentCulture = _culture;
        _folder.Dispose();
        _printed.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected sealed class LabelledRow
    {
        public string Text { get; set; } = "";

        public string Sentence1 { get; set; } = "";

        public string Sentence2 { get; set; } = "";

        public string Category { get; set; } = "";

        public bool Truth { get; set; }

        public float Number { get; set; }
    }
}
