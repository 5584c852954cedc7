namespace Microsoft.ML.PLD.Tests;

/// <summary>A small, very regular text in a temporary folder: what follows each word is almost certain, so that a small model learns it in seconds.</summary>
internal sealed class TestCorpus : IDisposable
{
    private static readonly string[] Words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"];

    private readonly string _folder = Directory.CreateTempSubdirectory("pld-corpus-").FullName;

    public TestCorpus(int documents = 40)
    {
        Tokenizer = new WordPieceTokenizer(WordPieceVocabulary.FromPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", .. Words]));
        Corpus = CorpusBuilder.Build(Lines(documents), Tokenizer, Path.Combine(_folder, "shards"));
    }

    public WordPieceTokenizer Tokenizer { get; }
    public TokenCorpus Corpus { get; }

    /// <summary>5 blocks of hidden size 16, 23 positions.</summary>
    public static BertConfig Config { get; } = new() { HiddenSize = 16, Layers = 5, AttentionHeads = 2, IntermediateSize = 31, MaxPositions = 23 };

    public static PretrainingOptions Options { get; } = new()
    {
        Steps = 6, BatchSize = 4, SequenceLength = 13, ValidationShare = 0.2, ValidationSequences = 6, LearningRate = new() { Peak = 3e-3, WarmupShare = 0.1 },
    };

    public static RuntimeOptions Runtime { get; } = new() { Device = "cpu", Precision = Precision.Float32 };

    public BertModel Train(PretrainingOptions options, RuntimeOptions? runtime = null, IProgress<TrainingProgress>? progress = null, Action? checkAlive = null) =>
        new BertPretrainer(Config, options, runtime ?? Runtime).Train(Corpus, Tokenizer, progress, checkAlive ?? (() => { }));

    public void Dispose()
    {
        Corpus.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static IEnumerable<string?> Lines(int documents)
    {
        for (var document = 0; document < documents; document++)
        {
            for (var sentence = 0; sentence < 4; sentence++)
                yield return string.Join(' ', Enumerable.Range(document + sentence, 9).Select(word => Words[word % Words.Length])) + ".";
            yield return null;
        }
    }
}

/// <summary>Keeps every report.</summary>
internal sealed class ProgressLog : List<TrainingProgress>, IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => Add(value);
}
