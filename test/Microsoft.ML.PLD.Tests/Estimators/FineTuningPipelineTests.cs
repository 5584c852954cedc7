using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What <see cref="PldBertMulticlassTrainer"/> does beyond the contract of all multiclass trainers.</summary>
[TestClass]
public sealed class FineTuningPipelineTests
{
    private static readonly PldBertMulticlassTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 2, BatchSize = 8, MaxLength = 11 },
    };

    private static PldBertTransformer? _pretrained;

    private readonly MLContext _mlContext = new(seed: 5);

    private static BertModel Pretrained => _pretrained!.Model;

    [ClassInitialize]
    public static void Pretrain(TestContext _)
    {
        var mlContext = new MLContext(seed: 1);
        _pretrained = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = TestCorpus.Config, Pretraining = TestCorpus.Options with { Steps = 3, NextSentencePrediction = true }, Runtime = TestCorpus.Runtime, VocabularySize = 60, MaxLength = 11,
        }).Fit(mlContext.Data.LoadFromEnumerable(TextRow.Make(30)));
    }

    [ClassCleanup]
    public static void Cleanup() => _pretrained!.Dispose();

    [TestMethod]
    public void ProgressReachesTheOptionsSinksAndTheLog()
    {
        var (log, sink) = (new LogLines(_mlContext), new ProgressLog());
        Fit(Options with { Progress = [sink] }).Dispose();
        CollectionAssert.AreEqual(new long[] { 1, 2 }, sink.Select(step => step.Step).ToArray());
        Assert.IsTrue(sink.All(step => step.Stage == "Fine-tuning" && double.IsFinite(step.Loss)));
        var lines = log.Of("Info");
        Assert.IsTrue(lines.Any(line => line.Contains("Fine-tuning on 20 rows of 2 classes, 2 steps of 8 rows.")), string.Join('\n', lines));
        Assert.IsTrue(lines.Any(line => line.Contains("2/2")), string.Join('\n', lines));
    }

    [TestMethod]
    public void OnlyTrainingFromScratchIsWarnedOf()
    {
        var log = new LogLines(_mlContext);
        Fit(Options with { Pretrained = Pretrained }).Dispose();
        Assert.IsFalse(log.Of("Warning").Any(line => line.Contains("scratch")), string.Join('\n', log.Of("Warning")));
        var started = log.Of("Info").Single(line => line.Contains("Starting from a pre-trained encoder"));
        StringAssert.EndsWith(started, "new: classifier.weight, classifier.bias."); // the pooler comes from next-sentence prediction
        Assert.IsFalse(log.Of("Info").Any(line => line.Contains("Learned a vocabulary")));

        Fit(Options).Dispose();
        Assert.HasCount(1, log.Of("Warning").Where(line => line.Contains("No pre-trained encoder was given (Pretrained is null)")));
        Assert.HasCount(1, log.Of("Info").Where(line => line.Contains("Learned a vocabulary")));
    }

    [TestMethod]
    public void FineTuningStartsFromThePretrainedWeightsAndLeavesThemAlone()
    {
        var before = TestModel.Bits(Pretrained.Weights);
        using var tuned = Fit(Options with
        {
            Pretrained = Pretrained,
            Config = BertConfig.Tiny,
            VocabularySize = 1, // both are the pre-trained model's
            FineTuning = Options.FineTuning with { Steps = 1, LearningRate = new() { Peak = 1e-7, WarmupShare = 0 } },
        });
        var weights = SavedWeights(tuned);
        Assert.HasCount(before.Keys.Count(name => !name.StartsWith("cls.", StringComparison.Ordinal)) + 2, weights);
        foreach (var (name, values) in weights)
        {
            if (name.StartsWith("classifier", StringComparison.Ordinal)) continue;
            var start = before[name].Select(BitConverter.Int32BitsToSingle).ToArray();
            Assert.HasCount(start.Length, values, name);
            Assert.IsLessThan(1e-6f, start.Zip(values, (a, b) => Math.Abs(a - b)).Max(), name);
        }
        var words = weights["bert.embeddings.word_embeddings.weight"].Select(BitConverter.SingleToInt32Bits).ToArray();
        CollectionAssert.AreNotEqual(before["bert.embeddings.word_embeddings.weight"], words, "and moves on from there");

        var after = TestModel.Bits(Pretrained.Weights);
        foreach (var name in before.Keys) CollectionAssert.AreEqual(before[name], after[name], name);
    }

    [TestMethod]
    public void ThePretrainedModelAndTheClassifierLiveOnWithoutEachOther()
    {
        using var folder = new TemporaryFolder();
        Pretrained.SavePretrained(folder["model"]);
        var model = BertModel.FromPretrained(folder["model"]);
        var tuned = Fit(Options with { Pretrained = model });
        var scores = Scores(tuned, TextRow.Make(4));
        var vectors = TestModel.Embed(model);
        model.Dispose();
        for (var row = 0; row < 4; row++) CollectionAssert.AreEqual(scores[row], Scores(tuned, TextRow.Make(4))[row]);
        tuned.Dispose();
        CollectionAssert.AreEqual(vectors, TestModel.Embed(Pretrained));
    }

    // Pre-training without pairs has no pooler: the one of fine-tuning goes with the encoder all the same, through files and means.
    [TestMethod]
    public void TheFineTunedPoolerIsKeptWherePretrainingHadNone()
    {
        using var folder = new TemporaryFolder();
        using var masked = TestModel.Make(nextSentence: false);
        using var tuned = Fit(Options with { Pretrained = masked });
        using (var next = tuned.ToPretrained(masked)) next.SavePretrained(folder["next"]);
        using var read = BertModel.FromPretrained(folder["next"]);
        using var mean = BertModel.Average(masked, read);
        var pooler = TestModel.Bits(tuned.Predictor.Weights)["bert.pooler.dense.weight"];
        foreach (var model in new[] { read, mean }) CollectionAssert.AreEqual(pooler, TestModel.Bits(model.Weights)["bert.pooler.dense.weight"]);
        Assert.IsNull(read.NextSentence);
        using var again = Fit(Options with { Pretrained = read, FineTuning = Options.FineTuning with { Steps = 1, FrozenBlocks = read.Config.Layers, LearningRate = new() { Peak = 1e-12 } } });
        var started = again.Predictor.Weights.Tensors["bert.pooler.dense.weight"].data<float>().ToArray();
        var from = read.Weights.Tensors["bert.pooler.dense.weight"].data<float>().ToArray();
        Assert.IsLessThan(1e-6, started.Zip(from, (a, b) => Math.Abs(a - b)).Max());
    }

    [TestMethod]
    public void AFineTunedEncoderIsAModelToStartFrom()
    {
        using var tuned = Fit(Options with { Pretrained = Pretrained, FineTuning = Options.FineTuning with { Steps = 4, LearningRate = new() { Peak = 1e-2 } } });
        using var next = tuned.ToPretrained(Pretrained);
        var (before, fineTuned, after) = (TestModel.Bits(Pretrained.Weights), TestModel.Bits(tuned.Predictor.Weights), TestModel.Bits(next.Weights));
        CollectionAssert.AreEquivalent(before.Keys.ToArray(), after.Keys.ToArray());
        foreach (var (name, bits) in after)
            CollectionAssert.AreEqual(name.StartsWith("cls.", StringComparison.Ordinal) ? before[name] : fineTuned[name], bits, name); // heads and encoder
        Assert.IsFalse(before["bert.pooler.dense.weight"].SequenceEqual(after["bert.pooler.dense.weight"]));

        // It is a copy, and goes on like any other.
        using var again = Fit(Options with { Pretrained = next });
        tuned.Dispose();
        Assert.HasCount(2, Scores(again, TextRow.Make(1))[0]);
        Assert.ThrowsExactly<ObjectDisposedException>(() => tuned.ToPretrained(Pretrained));
        using var other = TestModel.Make();
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => again.ToPretrained(other)).Message, "heads is a model of another architecture or vocabulary");
    }

    [TestMethod]
    public void ADisposedPretrainedModelIsRefused()
    {
        var model = TestModel.Make();
        model.Dispose();
        StringAssert.Contains(Assert.Throws<ObjectDisposedException>(() => Fit(Options with { Pretrained = model })).Message, nameof(BertModel));
    }

    [TestMethod]
    public void ADownloadedFolderCanBeFineTuned()
    {
        using var folder = new TemporaryFolder();
        using (var made = TestModel.Make(TestModel.Config with { NormPlacement = NormPlacement.Post })) made.SavePretrained(folder["model"]);
        using var model = BertModel.FromPretrained(folder["model"]);
        using var tuned = Fit(Options with { Pretrained = model });
        Assert.HasCount(2, Scores(tuned, TextRow.Make(1))[0]);
    }

    [TestMethod]
    public void TextsMayBeMissingEmptyOrVeryLong()
    {
        TextRow[] rows =
        [
            .. TextRow.Make(20), new() { Text = null, Class = "dog" }, new() { Text = "", Class = "cat" }, new() { Text = " \t\r\n", Class = "cat" },
            new() { Text = TextRow.Long, Class = "dog" },
        ];
        foreach (var pretrained in new[] { null, Pretrained })
        {
            using var tuned = Fit(Options with { Pretrained = pretrained }, rows);
            var scores = Scores(tuned, rows);
            Assert.HasCount(24, scores);
            Assert.IsTrue(scores.All(row => row.Length == 2 && Math.Abs(row.Sum() - 1) < 1e-5));
            for (var row = 21; row < 23; row++) AssertNear(scores[20], scores[row]);
            AssertNear(scores[23], Scores(tuned, [new() { Text = TextRow.Long[..100] }])[0]); // only the first 9 pieces count
        }
    }

    [TestMethod]
    public void AVocabularyIsTakenLearntOrThePretrainedModels()
    {
        Assert.AreEqual(CorpusFolder.Letters.Count, Pieces(Options with { Vocabulary = CorpusFolder.Letters, VocabularySize = 1 }));
        Assert.AreEqual(Pretrained.Tokenizer.Vocabulary.Count, Pieces(Options with { Pretrained = Pretrained, Vocabulary = CorpusFolder.Letters }));
        Assert.IsTrue(Pieces(Options) is > 40 and <= 60);

        int Pieces(PldBertMulticlassTrainer.Options options)
        {
            using var tuned = Fit(options);
            return SavedWeights(tuned)["bert.embeddings.word_embeddings.weight"].Length / 16;
        }
    }

    [TestMethod]
    public void AVocabularySizeThatIsTooSmallComesWithTheSmallestThatIsNot()
    {
        var message = Assert.Throws<InvalidOperationException>(() => Fit(Options with { VocabularySize = 20 })).Message;
        StringAssert.Contains(message, "A vocabulary of 20 pieces is too small for this text");
        Fit(Options with { VocabularySize = int.Parse(System.Text.RegularExpressions.Regex.Match(message, @"need at least (\d+)").Groups[1].Value) }).Dispose();
    }

    [TestMethod]
    public void LowerCaseIsTheOptionsOrThePretrainedModels()
    {
        foreach (var lowerCase in new[] { true, false })
        {
            using var tuned = Fit(Options with { LowerCase = lowerCase, VocabularySize = 70 });
            Assert.AreEqual(lowerCase, Alike(tuned));
        }
        using var ofPretrained = Fit(Options with { LowerCase = false, Pretrained = Pretrained });
        Assert.IsTrue(Alike(ofPretrained));

        bool Alike(ITransformer tuned) => Scores(tuned, [new() { Text = "cats eat" }])[0].SequenceEqual(Scores(tuned, [new() { Text = "CATS EAT" }])[0]);
    }

    [TestMethod]
    public void ABFloat16ModelGivesTheSameScoresAfterLoading()
    {
        using var tuned = Fit(Options with { Pretrained = Pretrained, Runtime = Options.Runtime with { Precision = Precision.BFloat16 } });
        using var loaded = SavedAndLoaded(tuned);
        var (expected, actual) = (Scores(tuned, TextRow.Make(70)), Scores(loaded, TextRow.Make(70)));
        for (var row = 0; row < 70; row++) CollectionAssert.AreEqual(expected[row], actual[row]);
    }

    [TestMethod]
    public void TheSeedIsTheContextsUnlessGiven()
    {
        float[] First(int? context, ulong? seed)
        {
            var mlContext = new MLContext(context);
            var options = Options with { FineTuning = Options.FineTuning with { Seed = seed }, Pretrained = Pretrained };
            using var tuned = mlContext.MulticlassClassification.Trainers.PldBert(options).Fit(Labelled(mlContext, TextRow.Make(20)));
            return SavedWeights(tuned)["classifier.weight"];
        }
        CollectionAssert.AreEqual(First(1, null), First(1, null));
        CollectionAssert.AreNotEqual(First(1, null), First(2, null));
        CollectionAssert.AreEqual(First(1, 7), First(2, 7));
        CollectionAssert.AreNotEqual(First(1, 7), First(1, 8));
    }

    [TestMethod]
    public void OptionsAreNotChanged()
    {
        var options = Options with { Pretrained = Pretrained };
        var copy = options with { };
        Fit(options).Dispose();
        Assert.AreEqual(copy, options);
        Assert.IsNull(options.FineTuning.Seed);
    }

    [TestMethod]
    public void CancellingStopsBeforeTheNextStep()
    {
        using var source = new CancellationTokenSource();
        var log = new ProgressLog();
        var options = Options with { FineTuning = Options.FineTuning with { Steps = 1000 }, Progress = [log, new Callback(source.Cancel)], CancellationToken = source.Token };
        Assert.Throws<OperationCanceledException>(() => Fit(options));
        Assert.HasCount(1, log);
        Assert.Throws<OperationCanceledException>(() => Fit(options));
        Assert.HasCount(1, log);

        var mlContext = new MLContext(seed: 5);
        Assert.Throws<OperationCanceledException>(() => mlContext.MulticlassClassification.Trainers
            .PldBert(Options with { Progress = [log, new Callback(mlContext.CancelExecution)] }).Fit(Labelled(mlContext, TextRow.Make(20))));
        Assert.HasCount(2, log);
    }

    // Scoring the held-out rows for calibration looks at the same token, which stays cancelled.
    [TestMethod]
    [DataRow(CancellationResult.ReturnBest)]
    [DataRow(CancellationResult.ReturnLatest)]
    public void AStoppedFitReturnsItsModelWhereItIsToldTo(CancellationResult result)
    {
        using var source = new CancellationTokenSource();
        var log = new ProgressLog();
        using var stopped = Fit(Options with
        {
            FineTuning = Options.FineTuning with { Steps = 1_000, ValidationShare = 0.3, ValidationInterval = 1 },
            CancellationToken = source.Token,
            Checkpoints = new() { WhenCancelled = result },
            Progress = [log, new Callback(() => { if (log.Count == 3) source.Cancel(); })],
        });
        Assert.HasCount(4, log, "three steps, and the report of the stop");
        Assert.HasCount(2, Scores(stopped, TextRow.Make(1))[0]);
    }

    [TestMethod]
    public void ARunIsResumedWithoutASeedToo()
    {
        using var work = new TemporaryFolder();
        var options = Options with
        {
            Pretrained = Pretrained,
            FineTuning = Options.FineTuning with { Steps = 9 },
            Checkpoints = new() { Folder = work["checkpoints"], ResumeFrom = CheckpointOptions.Latest },
        };
        var log = new ProgressLog();
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Fit(options with { CancellationToken = source.Token, Progress = [log, new Callback(() => { if (log.Count == 4) source.Cancel(); })] }));
        var other = new MLContext();
        other.MulticlassClassification.Trainers.PldBert(options with { Progress = [log] }).Fit(Labelled(other, TextRow.Make(20))).Dispose();
        CollectionAssert.AreEqual(Enumerable.Range(1, 9).Select(step => (long)step).ToArray(), log.Select(step => step.Step).ToArray());
    }

    [TestMethod]
    public void AFitThatFailsFreesItsWeights()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Fit(Options with { CancellationToken = source.Token }));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Assert.Throws<OperationCanceledException>(() => Fit(Options with { CancellationToken = source.Token }));
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void AllProblemsOfTheOptionsAreInOneMessage()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.MulticlassClassification.Trainers.PldBert(Options with
        {
            Config = TestCorpus.Config with { AttentionHeads = 3 },
            FineTuning = new() { MaxLength = 24, BatchSize = 0 },
            Runtime = new() { Device = "gpu", Threads = -1 },
        })).Message;
        foreach (var part in new[]
        {
            "PldBertMulticlassTrainer.Options", "Config.HiddenSize 16 is not divisible by AttentionHeads 3", "FineTuning.BatchSize is 0",
            "FineTuning.MaxLength is 24, but the model has 23 positions (BertConfig.MaxPositions)", "Runtime.Device is 'gpu'", "Runtime.Threads is -1",
        })
            StringAssert.Contains(message, part);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Fit(Options with { Pretrained = Pretrained, Config = BertConfig.Mini, FineTuning = new() { MaxLength = 24 } })).Message,
            "FineTuning.MaxLength is 24, but the model has 23 positions");
    }

    [TestMethod]
    public void MissingPartsOfTheOptionsAreNamed()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => Fit(Options with { Config = null!, FineTuning = null!, Runtime = null!, Progress = null! })).Message;
        foreach (var part in new[] { "Config is null", "FineTuning is null", "Runtime is null", "Progress is null" }) StringAssert.Contains(message, part);
        Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.MulticlassClassification.Trainers.PldBert(null!));
    }

    [TestMethod]
    public void ACudaDeviceThatIsNotThereIsNamed()
    {
        if (torch.cuda_is_available()) Assert.Inconclusive("For machines without a CUDA device, and this one has one.");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Fit(Options with { Runtime = Options.Runtime with { Device = "cuda:3" } })).Message,
            "Device is 'cuda:3', but libtorch in");
    }

    [TestMethod]
    public void ItLearnsTheClassesOfTheLabel()
    {
        using var tuned = Fit(Options with { FineTuning = Options.FineTuning with { Steps = 40, LearningRate = new() { Peak = 5e-3 } } }, TextRow.Make(60));
        var scored = tuned.Transform(Labelled(_mlContext, TextRow.Make(60)));
        Assert.IsGreaterThan(0.95, _mlContext.MulticlassClassification.Evaluate(scored).MicroAccuracy);
    }

    private PldBertMulticlassTransformer Fit(PldBertMulticlassTrainer.Options options, TextRow[]? rows = null) =>
        _mlContext.MulticlassClassification.Trainers.PldBert(options).Fit(Labelled(_mlContext, rows ?? TextRow.Make(20)));

    private static IDataView Labelled(MLContext mlContext, TextRow[] rows)
    {
        var data = mlContext.Data.LoadFromEnumerable(rows);
        return mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)).Fit(data).Transform(data);
    }

    private float[][] Scores(ITransformer tuned, TextRow[] rows) => [.. tuned.Transform(_mlContext.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score")];

    private PldBertMulticlassTransformer SavedAndLoaded(PldBertMulticlassTransformer tuned)
    {
        using var zip = new MemoryStream();
        _mlContext.Model.Save(tuned, _mlContext.Data.LoadFromEnumerable(TextRow.Make(1)).Schema, zip);
        zip.Position = 0;
        return (PldBertMulticlassTransformer)_mlContext.Model.Load(zip, out _);
    }

    private static Dictionary<string, float[]> SavedWeights(PldBertMulticlassTransformer tuned)
    {
        using var scope = torch.NewDisposeScope();
        using var folder = new TemporaryFolder();
        new MLContext().Model.Save(tuned, null, folder["model.zip"]);
        using var zip = System.IO.Compression.ZipFile.OpenRead(folder["model.zip"]);
        using var file = new SafetensorsReader(zip.Entries.Single(entry => entry.FullName.EndsWith("model.safetensors", StringComparison.Ordinal)).Open(), "model.safetensors");
        return file.ReadAll().ToDictionary(tensor => tensor.Key, tensor => tensor.Value.data<float>().ToArray());
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], 1e-5f);
    }

    private sealed class Callback(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }
}
