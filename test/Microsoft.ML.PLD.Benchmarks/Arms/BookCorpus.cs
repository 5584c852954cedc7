using System.IO.Compression;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>The shipped novels as a vocabulary of any size and token shards, in a temporary folder.</summary>
internal sealed class BookCorpus : IDisposable
{
    private readonly TemporaryFolder _folder = new("pld-benchmark");

    public BookCorpus(int vocabularySize)
    {
        Tokenizer = new WordPieceTokenizer(WordPieceTrainer.Train(Lines(), vocabularySize));
        Corpus = CorpusBuilder.Build(Lines(), Tokenizer, Path.Combine(_folder.Path, "shards"));
    }

    public WordPieceTokenizer Tokenizer { get; }

    public TokenCorpus Corpus { get; }

    public static IEnumerable<string> Lines()
    {
        using var lines = new StreamReader(new BrotliStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "data", "books.train-00.txt.br")), CompressionMode.Decompress));
        while (lines.ReadLine() is { } line) yield return line;
    }

    public void Dispose()
    {
        Corpus.Dispose();
        _folder.Dispose();
    }
}
