namespace Microsoft.ML.PLD.FaultTests;

/// <summary>The shipped text, tokenized once and kept in a folder that all processes of a bench read.</summary>
internal sealed class PreparedText
{
    private const int VocabularySize = 1_500, Lines = 3_000, Rows = 600;

    private readonly string _questions;

    /// <param name="folder">Filled by the first.</param>
    public PreparedText(string folder)
    {
        var data = Path.Combine(AppContext.BaseDirectory, "data");
        _questions = Path.Combine(data, "train.csv");
        CorpusFolder = Path.Combine(folder, "shards");
        var vocabulary = Path.Combine(folder, "vocab.txt");
        if (!File.Exists(vocabulary))
        {
            Directory.CreateDirectory(folder);
            var lines = CorpusBuilder.ReadLines([Path.Combine(data, "books.valid-small.txt.br")]).Take(Lines).ToArray();
            var learned = WordPieceTrainer.Train(lines.Concat(Questions().Select(question => question.Text)), VocabularySize);
            CorpusBuilder.Build(lines, new WordPieceTokenizer(learned), CorpusFolder).Dispose();
            learned.Save(vocabulary);
        }
        Tokenizer = WordPieceTokenizer.FromVocabularyFile(vocabulary);
    }

    public string CorpusFolder { get; }

    public WordPieceTokenizer Tokenizer { get; }

    /// <summary>Some of the questions, of all categories.</summary>
    public IEnumerable<Question> Questions()
    {
        var lines = File.ReadAllLines(_questions)[1..].Where(line => !line.StartsWith('"')).ToArray();
        return Enumerable.Range(0, Rows).Select(row => lines[(int)((long)row * lines.Length / Rows)].Split(',')).Where(cells => cells.Length == 2)
            .Select(cells => new Question { Text = cells[0], Category = cells[1] });
    }
}

/// <summary>A row of the fine-tuning data.</summary>
internal sealed class Question
{
    public string Text { get; set; } = "";
    public string Category { get; set; } = "";
}
