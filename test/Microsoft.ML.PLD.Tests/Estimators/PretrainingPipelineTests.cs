using Microsoft.ML.Data;
using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What <see cref="PldBertEstimator"/> does beyond the contract of all estimators.</summary>
[TestClass]
public sealed class PretrainingPipelineTests
{
    private static readonly PldBertEstimator.Options Options = new()
    {
        Config = TestCorpus.Config, Pretraining = TestCorpus.Options with { Steps = 2 }, Runtime = TestCorpus.Runtime, VocabularySize = 60, MaxLength = 11,
    };

    private readonly MLContext _mlContext = new(seed: 5);

    [TestMethod]
    public void ProgressReachesTheOptionsSinksAndTheLog()
    {
        var (log, one, two) = (new LogLines(_mlContext), new ProgressLog(), new ProgressLog());
        using var transformer = Fit(Options with { Progress = [one, new Broken(), two] });
        foreach (var sink in new[] { one, two })
        {
            CollectionAssert.AreEqual(new long[] { 1, 2 }, sink.Select(step => step.Step).ToArray());
            Assert.IsTrue(sink.All(step => step.Stage == "Pre-training" && double.IsFinite(step.Loss) && step.TotalSteps == 2));
            Assert.IsNotNull(sink[^1].ValidationLoss);
        }
        var lines = log.Of("Info");
        Assert.IsTrue(lines.Any(line => line.Contains("Learned a vocabulary of ") && line.Contains("(60 asked for)")), string.Join('\n', lines));
        Assert.IsTrue(lines.Any(line => line.Contains(" documents, 2 steps of 4 sequences of 13 tokens: ")), string.Join('\n', lines));
        Assert.IsTrue(lines.Any(line => line.Contains("Pre-training") && line.Contains("2/2")), string.Join('\n', lines));
        var warning = log.Of("Warning").Single(line => line.Contains("PLD", StringComparison.OrdinalIgnoreCase) || line.Contains(nameof(Broken)));
        StringAssert.Contains(warning, $"{nameof(Broken)} failed at step 1 of Pre-training and gets no more reports: closed");
    }

    [TestMethod]
    public void TextsMayBeMissingEmptyOrVeryLong()
    {
        TextRow[] rows = [.. TextRow.Make(20), new() { Text = null }, new() { Text = "" }, new() { Text = " \t\r\n" }, new() { Text = TextRow.Long }, new() { Text = "\0\a\uD800" }];
        using var transformer = Fit(Options, rows);
        var values = Features(transformer, rows);
        Assert.HasCount(25, values);
        Assert.IsTrue(values.All(row => row.Length == 16 && row.All(float.IsFinite)));
        foreach (var alike in new[] { 21, 22, 24 }) AssertNear(values[20], values[alike]);
        // Only the first 9 pieces count.
        AssertNear(values[23], Features(transformer, [new() { Text = TextRow.Long[..100] }])[0]);
    }

    [TestMethod]
    public void RowsThatAreAllEmptyAreRefused()
    {
        TextRow[] rows = [new() { Text = "" }, new() { Text = null }];
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => Fit(Options, rows)).Message, "There is no word in column 'Text' to learn a vocabulary from");
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => Fit(Options with { Vocabulary = CorpusFolder.Letters }, rows)).Message, "Column 'Text' has nothing to learn from");
    }

    [TestMethod]
    public void APretrainedEncoderGoesOnWithItsArchitectureAndVocabulary()
    {
        var log = new LogLines(_mlContext);
        using var start = Fit(Options);
        // Neither the architecture nor the size of the vocabulary in the options counts.
        var options = Options with { Pretrained = start.Model, Config = BertConfig.Tiny with { MaxPositions = 5 }, VocabularySize = 7 };
        using var further = Fit(options);
        Assert.AreEqual((start.Model.Config, start.Model.Tokenizer.Vocabulary.Sha256), (further.Model.Config, further.Model.Tokenizer.Vocabulary.Sha256));
        Assert.IsTrue(log.Of("Info").Any(line => line.Contains("Going on from a pre-trained encoder of ")));
        var rows = TextRow.Make(3);
        Assert.AreNotEqual(Features(start, rows)[0][0], Features(further, rows)[0][0]);
        var shape = MLNetAccess.ShapeOf(_mlContext.Data.LoadFromEnumerable(rows).Schema);
        Assert.AreEqual(NumberDataViewType.Single, _mlContext.Transforms.PldBert("Features", "Text", options).GetOutputSchema(shape).Single(column => column.Name == "Features").ItemType);

        var error = Assert.ThrowsExactly<ArgumentException>(() => Fit(options with { Vocabulary = CorpusFolder.Letters, MaxLength = 24 }));
        StringAssert.Contains(error.Message, "Vocabulary is not that of Pretrained");
        StringAssert.Contains(error.Message, "MaxLength is 24; expected 3 to 23");
    }

    [TestMethod]
    public void AVocabularyIsTakenOrLearnt()
    {
        using (var given = Fit(Options with { Vocabulary = CorpusFolder.Letters, LowerCase = false }))
        {
            Assert.AreSame(CorpusFolder.Letters, given.Model.Tokenizer.Vocabulary);
            Assert.AreEqual(CorpusFolder.Letters.Count, given.Model.Config.VocabularySize);
            Assert.IsFalse(given.Model.Tokenizer.LowerCase);
        }
        using var learnt = Fit(Options);
        Assert.IsTrue(learnt.Model.Tokenizer.Vocabulary.Count is > 40 and <= 60, $"{learnt.Model.Tokenizer.Vocabulary.Count} pieces");
        Assert.IsTrue(learnt.Model.Tokenizer.LowerCase);
        Assert.AreEqual(learnt.Model.Tokenizer.Vocabulary.Count, learnt.Model.Config.VocabularySize);
    }

    [TestMethod]
    public void AVocabularySizeThatIsTooSmallComesWithTheSmallestThatIsNot()
    {
        foreach (var size in new[] { 6, 20 })
        {
            var message = Assert.Throws<InvalidOperationException>(() => Fit(Options with { VocabularySize = size })).Message;
            StringAssert.Contains(message, $"VocabularySize is {size}, and the text of column 'Text' needs at least ");
            var smallest = int.Parse(System.Text.RegularExpressions.Regex.Match(message, @"needs at least (\d+)").Groups[1].Value);
            Fit(Options with { VocabularySize = smallest }).Dispose();
            Assert.Throws<InvalidOperationException>(() => Fit(Options with { VocabularySize = smallest - 1 }));
        }
        foreach (var size in new[] { -1, 5, WordPieceVocabulary.MaximumCount + 1 })
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Fit(Options with { VocabularySize = size })).Message, $"VocabularySize is {size}; expected 6 to 1048576.");
        // One character that is no letter needs one piece.
        Fit(Options with { VocabularySize = 6 }, [new() { Text = "! !" }]).Dispose();
    }

    [TestMethod]
    public void ASingleSentenceIsWarnedOf()
    {
        var log = new LogLines(_mlContext);
        Fit(Options, [new() { Text = "cats eat fish and sleep a lot" }]).Dispose();
        Assert.HasCount(1, log.Of("Warning").Where(line => line.Contains("The corpus is a single sentence")));
        Fit(Options).Dispose();
        Assert.HasCount(1, log.Of("Warning").Where(line => line.Contains("The corpus is a single sentence")));
    }

    [TestMethod]
    public void EmptyRowsEndDocumentsWhenAsked()
    {
        TextRow[] rows = [.. TextRow.Make(30).SelectMany((row, i) => i % 10 == 9 ? new[] { row, new() } : [row])];
        Assert.AreEqual(30, Documents(Options));
        Assert.AreEqual(3, Documents(Options with { EmptyRowsEndDocuments = true }));

        int Documents(PldBertEstimator.Options options)
        {
            var mlContext = new MLContext(seed: 5);
            var log = new LogLines(mlContext);
            mlContext.Transforms.PldBert("Features", "Text", options).Fit(mlContext.Data.LoadFromEnumerable(rows)).Dispose();
            var line = log.Of("Info").Single(line => line.Contains(" documents, "));
            return int.Parse(System.Text.RegularExpressions.Regex.Match(line, @"(\d+) documents").Groups[1].Value);
        }
    }

    [TestMethod]
    public void NextSentencePredictionIsLearntSavedAndLoaded()
    {
        using var transformer = Fit(Options with { Pretraining = Options.Pretraining with { NextSentencePrediction = true }, Pooling = Pooling.Cls });
        var head = transformer.Model.Weights.Tensors["cls.seq_relationship.bias"];
        Assert.IsGreaterThan(0, head.abs().max().item<float>(), "its biases start at 0");

        using var folder = new TemporaryFolder();
        transformer.Model.SavePretrained(folder["model"]);
        using var read = BertModel.FromPretrained(folder["model"]);
        TestModel.AssertSameBits(transformer.Model.Weights, read.Weights);
        AssertSavedAndLoadedGivesTheSame(transformer);
    }

    [TestMethod]
    public void ABFloat16ModelGivesTheSameVectorsAfterLoading()
    {
        using var exact = Fit(Options);
        using var rounded = Fit(Options with { Runtime = Options.Runtime with { Precision = Precision.BFloat16 } });
        CollectionAssert.AreNotEqual(Features(exact, TextRow.Make(3))[0], Features(rounded, TextRow.Make(3))[0]);
        AssertSavedAndLoadedGivesTheSame(rounded);
    }

    [TestMethod]
    public void PoolingAndLengthAreThoseOfTheOptions()
    {
        foreach (var pooling in Enum.GetValues<Pooling>())
            foreach (var length in new[] { 3, 23 })
            {
                using var transformer = Fit(Options with { Pooling = pooling, MaxLength = length });
                var model = transformer.Model;
                var expected = model.Embed([model.Tokenizer.Encode(TextRow.Make(1)[0].Text, maxLength: length)], pooling, torch.float32);
                AssertNear(expected, Features(transformer, TextRow.Make(1))[0]);
            }
    }

    [TestMethod]
    public void TheSeedIsTheContextsUnlessGiven()
    {
        int[] First(int? context, ulong? seed)
        {
            var mlContext = new MLContext(context);
            using var transformer = mlContext.Transforms.PldBert("Features", "Text", Options with { Pretraining = Options.Pretraining with { Steps = 1, Seed = seed } })
                .Fit(mlContext.Data.LoadFromEnumerable(TextRow.Make(20)));
            return TestModel.Bits(transformer.Model.Weights)["bert.embeddings.word_embeddings.weight"];
        }
        CollectionAssert.AreEqual(First(1, null), First(1, null));
        CollectionAssert.AreNotEqual(First(1, null), First(2, null));
        CollectionAssert.AreEqual(First(1, 7), First(2, 7));
        CollectionAssert.AreNotEqual(First(1, 7), First(1, 8));
    }

    [TestMethod]
    public void OptionsAreNotChanged()
    {
        var options = Options with { Progress = [new ProgressLog()] };
        var copy = options with { };
        Fit(options).Dispose();
        Assert.AreEqual(copy, options);
        Assert.IsNull(options.Pretraining.Seed);
        Assert.AreEqual(new BertConfig().VocabularySize, options.Config.VocabularySize);
    }

    [TestMethod]
    public void CancellingStopsBeforeTheNextStep()
    {
        using var source = new CancellationTokenSource();
        var log = new ProgressLog();
        Assert.Throws<OperationCanceledException>(() => Fit(Options with
        {
            Pretraining = Options.Pretraining with { Steps = 1000 },
            CancellationToken = source.Token,
            Progress = [log, new Callback(source.Cancel)],
        }));
        Assert.HasCount(1, log);
        Assert.Throws<OperationCanceledException>(() => Fit(Options with { CancellationToken = source.Token, Progress = [log] }));
        Assert.HasCount(1, log);

        var mlContext = new MLContext(seed: 5);
        var data = mlContext.Data.LoadFromEnumerable(TextRow.Make(20));
        Assert.Throws<OperationCanceledException>(() => mlContext.Transforms.PldBert("Features", "Text", Options with { Progress = [log, new Callback(mlContext.CancelExecution)] }).Fit(data));
        Assert.HasCount(2, log);
    }

    [TestMethod]
    public void ARunIsResumedWithoutASeedTooAndGivesTheSameFeatures()
    {
        using var work = new TemporaryFolder();
        var options = Options with { Pretraining = Options.Pretraining with { Steps = 9, HiddenDropout = 0.1 }, Checkpoints = new() { Folder = work["checkpoints"], ResumeFrom = CheckpointOptions.Latest } };
        using var source = new CancellationTokenSource();
        var log = new ProgressLog();
        StringAssert.Contains(
            Assert.Throws<OperationCanceledException>(() => Fit(options with { CancellationToken = source.Token, Progress = [log, new Callback(() => { if (log.Count == 4) source.Cancel(); })] })).Message,
            "Pre-training was stopped after step 4 of 9");
        var rows = TextRow.Make(20);
        // As another process would: with a context whose random numbers are others.
        var other = new MLContext();
        using var resumed = other.Transforms.PldBert("Features", "Text", options with { Progress = [log] }).Fit(other.Data.LoadFromEnumerable(rows));
        using var whole = Fit(options with { Checkpoints = new(), Pretraining = options.Pretraining with { Seed = ulong.Parse(Checkpoint.Peek(Path.Combine(work["checkpoints"], "step-0000000009"))!.Options["Seed"]) } }, rows);
        TestModel.AssertSameBits(whole.Model.Weights, resumed.Model.Weights);
        CollectionAssert.AreEqual(Enumerable.Range(1, 9).Select(step => (long)step).ToArray(), log.Select(step => step.Step).ToArray());
        StringAssert.Contains(Assert.Throws<InvalidOperationException>(() => Fit(options, TextRow.Make(21))).Message, "was made with another vocabulary");
    }

    [TestMethod]
    public void ACancelledContextGivesTheModelSoFarIfItIsAskedFor()
    {
        var log = new ProgressLog();
        var data = _mlContext.Data.LoadFromEnumerable(TextRow.Make(20));
        using var transformer = _mlContext.Transforms.PldBert("Features", "Text", Options with
        {
            Pretraining = Options.Pretraining with { Steps = 1_000 },
            Checkpoints = new() { WhenCancelled = CancellationResult.ReturnLatest },
            Progress = [log, new Callback(() => { if (log.Count == 3) _mlContext.CancelExecution(); })],
        }).Fit(data);
        Assert.AreEqual(3, log[^1].Step);
        StringAssert.Contains(log[^1].Notices[^1], "was stopped after step 3 of 1000");
        Assert.HasCount(20, Features(transformer, TextRow.Make(20)));
    }

    [TestMethod]
    public void TheCorpusOnDiskGoesAlsoWhenTrainingFails()
    {
        // A vocabulary of its own tells this test's corpus from those of others.
        var vocabulary = WordPieceVocabulary.FromPieces([.. CorpusFolder.Letters.Pieces, $"x{Guid.NewGuid():N}"]);
        foreach (var stops in new[] { false, true })
        {
            using var source = new CancellationTokenSource();
            string[] during = [];
            var options = Options with
            {
                Vocabulary = vocabulary,
                CancellationToken = source.Token,
                Progress = [new Callback(() => { during = Corpora(); if (stops) source.Cancel(); })],
            };
            if (stops) Assert.Throws<OperationCanceledException>(() => Fit(options));
            else Fit(options).Dispose();
            Assert.HasCount(1, during);
            Assert.IsFalse(Directory.Exists(during[0]));
            Assert.IsEmpty(Corpora());
        }

        string[] Corpora() => [.. Directory.GetDirectories(Path.GetTempPath(), "pld-corpus-*").Where(IsOurs)];

        bool IsOurs(string folder)
        {
            try
            {
                using var corpus = TokenCorpus.Open(Path.Combine(folder, "shards"), vocabulary);
                return true;
            }
            catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    [TestMethod]
    public void AllProblemsOfTheOptionsAreInOneMessage()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => _mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = TestCorpus.Config with { AttentionHeads = 3 }, MaxLength = 24, Pooling = (Pooling)9,
            Pretraining = TestCorpus.Options with { SequenceLength = 24 }, Runtime = new() { Device = "tpu", MicroBatchSize = 0 },
        })).Message;
        foreach (var part in new[]
        {
            "PldBertEstimator.Options", "Config.HiddenSize 16 is not divisible by AttentionHeads 3", "MaxLength is 24; expected 3 to 23 (BertConfig.MaxPositions)", "Pooling is 9",
            "Pretraining.SequenceLength is 24, but the model has 23 positions (BertConfig.MaxPositions)", "Runtime.Device is 'tpu'", "Runtime.MicroBatchSize is 0",
        })
            StringAssert.Contains(message, part);
        foreach (var theta in new[] { 0, -0.5, 1.5, double.NaN })
            StringAssert.Contains(Assert.Throws<ArgumentException>(() => new ProgressiveLayerDrop(theta)).Message, "thetaBar");
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => Fit(Options with { Pretraining = Options.Pretraining with { LayerSchedule = null! } })).Message, "Pretraining.LayerSchedule is null");
    }

    [TestMethod]
    public void MissingPartsOfTheOptionsAreNamed()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => Fit(Options with { Config = null!, Pretraining = null!, Runtime = null!, Progress = null! })).Message;
        foreach (var part in new[] { "Config is null", "Pretraining is null", "Runtime is null", "Progress is null" }) StringAssert.Contains(message, part);
        Assert.ThrowsExactly<ArgumentNullException>(() => _mlContext.Transforms.PldBert("Features", "Text", null!));
    }

    [TestMethod]
    public void ACudaDeviceThatIsNotThereIsNamed()
    {
        if (torch.cuda_is_available()) Assert.Inconclusive("For machines without a CUDA device, and this one has one.");
        var message = Assert.ThrowsExactly<InvalidOperationException>(() => Fit(Options with { Runtime = Options.Runtime with { Device = "cuda" } })).Message;
        StringAssert.Contains(message, "Device is 'cuda', but libtorch in");
        StringAssert.Contains(message, "Set Device to 'auto' or 'cpu'");
    }

    [TestMethod]
    public void PermutationTellsWhichOfItsFeaturesATrainerUses()
    {
        using var transformer = Fit(Options);
        var data = _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class)).Fit(Data()).Transform(Data());
        var encoded = _mlContext.Data.Cache(transformer.Transform(data));
        var features = _mlContext.Transforms.CustomMapping<TextRow, One>((_, one) => one.Constant = 1, contractName: null)
            .Append(_mlContext.Transforms.Concatenate("Features", "Features", nameof(One.Constant))).Fit(encoded).Transform(encoded);
        var model = _mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy().Fit(features);
        var importance = _mlContext.MulticlassClassification.PermutationFeatureImportance(model, features);
        Assert.HasCount(TestCorpus.Config.HiddenSize + 1, importance);
        double[] losses = [.. importance.Select(slot => slot.LogLoss.Mean)];
        Assert.AreEqual(0, losses[^1], "A constant tells nothing.");
        Assert.IsGreaterThan(TestCorpus.Config.HiddenSize / 2, losses[..^1].Count(loss => loss > 0), string.Join(" ", losses)); // shuffled, it is missed

        IDataView Data() => _mlContext.Data.LoadFromEnumerable(TextRow.Make(40));
    }

    [TestMethod]
    public void ItsVectorsAreFeaturesForOtherTrainers()
    {
        var data = _mlContext.Data.LoadFromEnumerable(TextRow.Make(60));
        var pipeline = _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(TextRow.Class))
            .Append(_mlContext.Transforms.PldBert("Features", "Text", Options))
            .AppendCacheCheckpoint(_mlContext)
            .Append(_mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 50))
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("Predicted", "PredictedLabel"));
        var model = pipeline.Fit(data);
        using var encoder = model.OfType<PldBertTransformer>().Single();
        Assert.IsGreaterThan(0.9, _mlContext.MulticlassClassification.Evaluate(model.Transform(data)).MicroAccuracy);
        using var engine = _mlContext.Model.CreatePredictionEngine<TextRow, Prediction>(model);
        Assert.AreEqual("cat", engine.Predict(TextRow.Make(2)[0]).Predicted);
        Assert.AreEqual("dog", engine.Predict(TextRow.Make(2)[1]).Predicted);
    }

    private PldBertTransformer Fit(PldBertEstimator.Options options, TextRow[]? rows = null) =>
        _mlContext.Transforms.PldBert("Features", "Text", options).Fit(_mlContext.Data.LoadFromEnumerable(rows ?? TextRow.Make(20)));

    private float[][] Features(ITransformer transformer, TextRow[] rows) =>
        [.. transformer.Transform(_mlContext.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Features")];

    private void AssertSavedAndLoadedGivesTheSame(PldBertTransformer transformer)
    {
        using var zip = new MemoryStream();
        _mlContext.Model.Save(transformer, _mlContext.Data.LoadFromEnumerable(TextRow.Make(1)).Schema, zip);
        zip.Position = 0;
        using var loaded = (PldBertTransformer)_mlContext.Model.Load(zip, out _);
        TestModel.AssertSameBits(transformer.Model.Weights, loaded.Model.Weights);
        var (expected, actual) = (Features(transformer, TextRow.Make(9)), Features(loaded, TextRow.Make(9)));
        for (var row = 0; row < 9; row++) CollectionAssert.AreEqual(expected[row], actual[row]);
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], 1e-5f);
    }

    private sealed class Prediction
    {
        public string Predicted { get; set; } = "";
    }

    private sealed class Broken : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => throw new InvalidOperationException("closed");
    }

    private sealed class Callback(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }

    private sealed class One
    {
        public float Constant { get; set; }
    }
}
