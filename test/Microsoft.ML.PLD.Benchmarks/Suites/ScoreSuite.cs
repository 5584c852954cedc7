using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>Embedding texts: many of mixed length, and one.</summary>
internal sealed class ScoreSuite() : Suite("score", "Scoring: throughput on texts of mixed length, and the latency of a single one.")
{
    private const int Texts = 32, MaxLength = 128;

    public override void Run(SuiteArguments arguments, Report report)
    {
        using var books = new BookCorpus(8_192);
        var (device, type) = new RuntimeOptions().Apply();
        var config = BertConfig.Mini with { VocabularySize = books.Tokenizer.Vocabulary.Count };
        var model = new BertModel(config, books.Tokenizer, nextSentence: false, device, seed: 1);
        using var scorer = new EmbeddingScorer(model, Pooling.Mean, MaxLength, type);

        // Lines of novels: from a word to more than fits.
        var lines = BookCorpus.Lines().Where(line => line.Length > 0).Where((_, i) => i % 97 == 0).Take(Texts).ToArray();
        var padded = lines.Select(line => books.Tokenizer.Encode(line, maxLength: MaxLength, pad: true)).ToArray();
        var scores = new float[Texts * config.HiddenSize];
        var bucketed = new Arm("by length, side by side", () => scorer.Score(Batch(lines), scores));
        var toMaximum = new Arm("padded to the maximum", () => model.Embed(padded, Pooling.Mean, type));
        var halves = padded.Chunk((Texts + ScoringWorkers.Count(device) - 1) / ScoringWorkers.Count(device)).ToArray();
        var sideBySide = new Arm("padded to the maximum, side by side", () => ScoringWorkers.ForEach(halves.Length, device, part => model.Embed(halves[part], Pooling.Mean, type)));
        Contest.Run([bucketed, toMaximum, sideBySide], arguments.Rounds(30));
        foreach (var arm in new[] { bucketed, toMaximum, sideBySide })
            report.Add(("texts", Texts), ("arm", arm.Name), ("rows_per_second", Texts / arm.Samples.Median), ("speedup", 1 / arm.Samples.Over(toMaximum.Samples)));

        foreach (var words in new[] { 8, 24, 100 })
        {
            var text = string.Join(' ', BookCorpus.Lines().SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Take(words));
            var tokens = books.Tokenizer.Encode(text, maxLength: MaxLength).Ids.Length;
            var single = new Arm("single text", () => scorer.Score(Batch([text]), new float[config.HiddenSize]));
            var floor = MatmulFloor(config, tokens, device, type);
            Contest.Run([single, floor], arguments.Rounds(200), warmUp: 20);
            report.Add(("tokens", tokens), ("p50_ms", 1e3 * single.Samples.Median), ("matmul_floor_ms", 1e3 * floor.Samples.Median), ("over_floor", single.Samples.Over(floor.Samples)));
        }
    }

    private static TextBatch Batch(string[] texts) => new(texts.Select(text => text.AsMemory()).ToArray());

    /// <summary>The matrix products of a pass over one text, and nothing else.</summary>
    private static Arm MatmulFloor(BertConfig config, int tokens, torch.Device device, torch.ScalarType type)
    {
        torch.Tensor Matrix(long rows, long columns) => torch.randn([rows, columns], type, device);
        long hidden = config.HiddenSize, inner = config.IntermediateSize;
        var blocks = Enumerable.Range(0, config.Layers).Select(_ => (
            Square: Enumerable.Range(0, 4).Select(_ => Matrix(hidden, hidden)).ToArray(), Up: Matrix(inner, hidden), Down: Matrix(hidden, inner))).ToArray();
        var (x, wide) = (Matrix(tokens, hidden), Matrix(tokens, inner));
        var heads = torch.randn([config.AttentionHeads, tokens, config.HeadSize], type, device);
        var attention = torch.randn([config.AttentionHeads, tokens, tokens], type, device);
        return new Arm("matrix products alone", () =>
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            foreach (var (square, up, down) in blocks)
            {
                foreach (var matrix in square) torch.nn.functional.linear(x, matrix);
                heads.bmm(heads.transpose(1, 2));
                attention.bmm(heads);
                torch.nn.functional.linear(x, up);
                torch.nn.functional.linear(wide, down);
            }
            if (device.type == DeviceType.CUDA) torch.cuda.synchronize();
        });
    }
}
