using BenchmarkDotNet.Attributes;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Text to ids on one thread, next to Microsoft.ML.Tokenizers.</summary>
internal sealed class TokenizeSuite() : Suite("tokenize", "Text to ids on one thread, next to Microsoft.ML.Tokenizers.")
{
    public override void Run(SuiteArguments arguments, Report report)
    {
        var results = Microbenchmarks.Run<TokenizeBenchmarks>(arguments.Rounds(10)).ToArray();
        var text = new TokenizeBenchmarks();
        text.Read();
        foreach (var (name, _, seconds) in results)
            report.Add(("tokenizer", name), ("million_tokens_per_second", 1e-6 * text.Tokens / seconds), ("megabytes_per_second", 1e-6 * text.Characters / seconds));
    }
}

/// <summary>Public, because BenchmarkDotNet makes its own code for it.</summary>
public class TokenizeBenchmarks
{
    private string[] _lines = [];
    private WordPieceTokenizer? _ours;
    private BertTokenizer? _theirs;
    private readonly List<int> _ids = [];

    /// <summary>Tokens of the text.</summary>
    public long Tokens { get; private set; }

    /// <summary>Characters of the text.</summary>
    public long Characters { get; private set; }

    [GlobalSetup]
    public void Read()
    {
        var vocabulary = WordPieceTrainer.Train(BookCorpus.Lines(), 30_522);
        var file = Path.GetTempFileName();
        vocabulary.Save(file);
        (_ours, _theirs) = (new WordPieceTokenizer(vocabulary), BertTokenizer.Create(file));
        File.Delete(file);
        _lines = [.. BookCorpus.Lines().Take(20_000)];
        Characters = _lines.Sum(line => (long)line.Length);
        Tokens = Ours();
    }

    [Benchmark]
    public long Ours()
    {
        var tokens = 0L;
        foreach (var line in _lines)
        {
            _ids.Clear();
            _ours!.AppendIds(line, _ids);
            tokens += _ids.Count;
        }
        return tokens;
    }

    [Benchmark(Baseline = true)]
    public long MicrosoftMLTokenizers()
    {
        var tokens = 0L;
        foreach (var line in _lines) tokens += _theirs!.EncodeToIds(line, addSpecialTokens: false).Count;
        return tokens;
    }
}
