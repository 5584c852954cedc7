using System.CommandLine;
using Microsoft.ML.Data;
using OnnxScoring;
using TorchSharp;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>This library's own scoring against ONNX Runtime on what it exports: the same numbers, and how fast.</summary>
internal sealed class OnnxSuite() : Suite("onnx", "Scoring by this library and by ONNX Runtime: latency of one text, throughput of many; or whether both agree, or how accurate both are.")
{
    private static readonly OnnxPrecision[] Precisions = [OnnxPrecision.Float32, OnnxPrecision.Float16, OnnxPrecision.Int8];

    private readonly Option<DirectoryInfo> _model = new("--model") { Description = "The encoder's folder.", DefaultValueFactory = _ => new("examples/models/pld-bert-mini") };
    private readonly Option<bool> _agreement = new("--agreement") { Description = "Compares the numbers of 500 texts instead of times." };
    private readonly Option<DirectoryInfo?> _glue = new("--glue") { Description = "The folder with GLUE's tasks: fine-tunes, and measures accuracy instead." };
    private readonly Option<string> _task = new("--task") { Description = "Of two classes.", DefaultValueFactory = _ => "SST-2" };
    private readonly Option<int> _steps = new("--steps") { Description = "Of fine-tuning.", DefaultValueFactory = _ => 1_000 };

    public override IEnumerable<Option> Options => [_model, _agreement, _glue, _task, _steps];

    public override void Run(SuiteArguments arguments, Report report)
    {
        new RuntimeOptions().Apply();
        var folder = arguments.Parsed.GetValue(_model)!.FullName;
        if (arguments.Parsed.GetValue(_glue) is { } glue) Accuracy(folder, glue.FullName, arguments.Parsed.GetValue(_task)!, arguments.Parsed.GetValue(_steps), report);
        else if (arguments.Parsed.GetValue(_agreement)) Agreement(report);
        else Speed(folder, arguments, report);
    }

    // 500 texts of 1 to 510 pieces, in batches of 1 to 64, through a network of random weights.
    private static void Agreement(Report report)
    {
        const int count = 500, longest = 512;
        using var books = new BookCorpus(8_192);
        var model = new BertModel(BertConfig.Mini with { VocabularySize = books.Tokenizer.Vocabulary.Count, MaxPositions = longest }, books.Tokenizer, nextSentence: false, torch.CPU, seed: 1);
        using var transformer = new PldBertTransformer(new MLContext(), "Text", "Features", model, Pooling.Mean, longest, Precision.Float32);
        var words = BookCorpus.Lines().SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Take(count * longest).ToArray();
        string[] texts = [.. Enumerable.Range(0, count).Select(i => string.Join(' ', words.AsSpan(i * longest, 1 + i).ToArray()))];
        new Random(1).Shuffle(texts);
        foreach (var precision in Precisions)
        {
            using var scorer = new Scorer(transformer.SaveAsOnnx, precision, books.Tokenizer, "sentence_embedding");
            var (largest, cosine, at) = (0.0, 1.0, 0);
            for (var size = 1; at < count; at += size, size = Math.Min(64, size * 2))
            {
                var batch = texts.Skip(at).Take(size).ToArray();
                var ours = model.Embed([.. batch.Select(text => books.Tokenizer.Encode(text, maxLength: longest))], Pooling.Mean, torch.float32);
                var theirs = scorer.Score(batch.Select(text => (text, (string?)null)), longest);
                largest = Math.Max(largest, ours.Zip(theirs).Max(pair => Math.Abs(pair.First - pair.Second)));
                cosine = Math.Min(cosine, ours.Chunk(256).Zip(theirs.Chunk(256)).Min(pair => (double)System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(pair.First, pair.Second)));
            }
            report.Add(("agreement", $"{precision}"), ("texts", count), ("max_abs_difference", largest), ("least_cosine", cosine), ("bytes", scorer.Bytes));
        }
    }

    private static void Speed(string folder, SuiteArguments arguments, Report report)
    {
        var mlContext = new MLContext();
        using var transformer = PldBertTransformer.FromPretrained(mlContext, folder, "Features", "Text");
        var (tokenizer, maxLength, hidden) = (transformer.Model.Tokenizer, transformer.MaxLength, transformer.Model.Config.HiddenSize);
        using var scorer = new EmbeddingScorer(BertModel.FromPretrained(folder), Pooling.Mean, maxLength, PrecisionChoice.Resolve(Precision.Auto, torch.CPU));
        var sessions = Precisions.Select(precision => (precision, Session: new Scorer(transformer.SaveAsOnnx, precision, tokenizer, "sentence_embedding"))).ToArray();
        const int inARow = 10;
        foreach (var words in new[] { 1, 8, 24, 100 })
        {
            var text = string.Join(' ', BookCorpus.Lines().SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Take(words));
            var ours = new Arm("this library", () => scorer.Score(Batch([text]), new float[hidden]));
            var all = sessions.Select(one => new Arm($"ONNX Runtime {one.precision}", () => one.Session.Score([(text, null)], maxLength))).Prepend(ours).ToArray();
            Contest.Run(all, arguments.Rounds(200) / inARow, inARow: inARow);
            foreach (var arm in all)
                report.Add(
                    ("tokens", tokenizer.Encode(text, maxLength: maxLength).Ids.Length), ("arm", arm.Name), ("p50_ms", 1e3 * arm.Samples.Median), ("p99_ms", 1e3 * arm.Samples.Quantile(0.99)),
                    ("over_float32", arm.Samples.Over(all[1].Samples)));
        }
        const int many = 256, atOnce = 32;
        var lines = BookCorpus.Lines().Where(line => line.Length > 0).Where((_, i) => i % 97 == 0).Take(many).ToArray();
        var own = new Arm("this library", () =>
        {
            foreach (var some in lines.Chunk(64)) scorer.Score(Batch(some), new float[some.Length * hidden]);
        });
        var arms = sessions.Select(one => new Arm($"ONNX Runtime {one.precision}", () =>
        {
            // Of similar length, as a careful user would.
            foreach (var some in lines.OrderBy(line => line.Length).Chunk(atOnce)) one.Session.Score(some.Select(line => (line, (string?)null)), maxLength);
        })).Prepend(own).ToArray();
        Contest.Run(arms, arguments.Rounds(20) / 4);
        foreach (var arm in arms) report.Add(("texts", many), ("arm", arm.Name), ("rows_per_second", many / arm.Samples.Median), ("speedup_over_float32", 1 / arm.Samples.Over(arms[1].Samples)));
        foreach (var (_, session) in sessions) session.Dispose();
    }

    private static void Accuracy(string folder, string glue, string name, int steps, Report report)
    {
        const int maxLength = 128;
        var mlContext = new MLContext(seed: 1);
        var task = GlueTasks.ByName(name);
        var (train, dev) = (GlueReader.Read(task, GlueSplit.Train, glue), GlueReader.Read(task, GlueSplit.Dev, glue));
        using var encoder = BertModel.FromPretrained(folder);
        IDataView View(GlueData data) => mlContext.Data.LoadFromEnumerable(data.Examples.Select(example => new Row { Label = example.Label == 1, Sentence1 = example.Sentence1, Sentence2 = example.Sentence2 ?? "" }));
        using var model = mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            Sentence1ColumnName = nameof(Row.Sentence1), Sentence2ColumnName = task.IsPair ? nameof(Row.Sentence2) : null, Pretrained = encoder,
            FineTuning = new() { Steps = steps, MaxLength = maxLength, LearningRate = new() { Peak = 3e-4 } }, Runtime = new() { Precision = Precision.Float32 },
        }).Fit(View(train));
        bool[] labels = [.. dev.Examples.Select(example => example.Label == 1)];
        void Add(string arm, IEnumerable<float> scores, long bytes) => report.Add(
            ("task", name), ("steps", steps), ("arm", arm), ("accuracy", scores.Zip(labels).Average(pair => pair.First > 0 == pair.Second ? 1.0 : 0)), ("bytes", bytes));
        Add("this library", model.Transform(View(dev)).GetColumn<float>("Score"), 4 * model.Predictor.Weights.Count);
        foreach (var precision in Precisions)
        {
            using var scorer = new Scorer(model.SaveAsOnnx, precision, encoder.Tokenizer, "score");
            var scores = dev.Examples.Chunk(32).SelectMany(some => scorer.Score(some.Select(example => (example.Sentence1, example.Sentence2)), maxLength));
            Add($"ONNX Runtime {precision}", scores, scorer.Bytes);
        }
    }

    private static TextBatch Batch(string[] texts) => new(texts.Select(text => text.AsMemory()).ToArray());

    /// <summary>What is exported, in ONNX Runtime with its own defaults: as many threads as there are cores.</summary>
    private sealed class Scorer : IDisposable
    {
        private readonly TokenSession _session;
        private readonly WordPieceTokenizer _tokenizer;
        private readonly string _output;

        public Scorer(Action<Stream, OnnxExportOptions> save, OnnxPrecision precision, WordPieceTokenizer tokenizer, string output)
        {
            using var stream = new MemoryStream();
            save(stream, new OnnxExportOptions { Precision = precision });
            (_session, _tokenizer, _output, Bytes) = (new TokenSession(stream.ToArray()), tokenizer, output, stream.Length);
        }

        public long Bytes { get; }

        public float[] Score(IEnumerable<(string First, string? Second)> texts, int maxLength) =>
            _session.Run([.. texts.Select(text => _tokenizer.Encode(text.First, text.Second, maxLength))], _tokenizer.Vocabulary.PadId, _output)[_output];

        public void Dispose() => _session.Dispose();
    }

    private sealed class Row
    {
        public bool Label { get; set; }
        public string Sentence1 { get; set; } = "";
        public string Sentence2 { get; set; } = "";
    }
}
