using BenchmarkDotNet.Attributes;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Masked batches from token shards, on one thread.</summary>
internal sealed class BatchesSuite() : Suite("batches", "Masked batches from token shards, on one thread.")
{
    public override void Run(SuiteArguments arguments, Report report)
    {
        foreach (var (name, _, seconds) in Microbenchmarks.Run<BatchBenchmarks>(arguments.Rounds(10)))
            report.Add(("batches", name), ("million_tokens_per_second", 1e-6 * BatchBenchmarks.Tokens / seconds));
    }
}

/// <summary>Public, because BenchmarkDotNet makes its own code for it.</summary>
public class BatchBenchmarks : IDisposable
{
    private const int Rows = 32, Length = 128;
    private BookCorpus? _books;
    private PretrainingBatches? _plain, _wholeWords, _pairs;
    private long _step;

    public static long Tokens => Rows * Length;

    [GlobalSetup]
    public void Read()
    {
        _books = new BookCorpus(8_192);
        PretrainingBatches Batches(PretrainingBatchOptions options) => new(new CorpusRange(_books.Corpus, 0, _books.Corpus.TokenCount), _books.Tokenizer.Vocabulary, options, seed: 1);
        var plain = new PretrainingBatchOptions { BatchSize = Rows, SequenceLength = Length };
        (_plain, _wholeWords, _pairs) = (Batches(plain), Batches(plain with { WholeWordMasking = true }), Batches(plain with { NextSentencePrediction = true }));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _books?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public object Plain() => _plain!.Parts(_step++, Rows);

    [Benchmark]
    public object WholeWords() => _wholeWords!.Parts(_step++, Rows);

    [Benchmark]
    public object Pairs() => _pairs!.Parts(_step++, Rows);
}
