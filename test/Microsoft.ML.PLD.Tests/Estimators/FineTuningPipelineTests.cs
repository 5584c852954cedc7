using TorchSharp;

namespace Microsoft.ML.PLD.Tests;

/// <summary>What <see cref="PldBertMulticlassTrainer"/> does beyond the contract of all multiclass trainers.</summary>
[TestClass]
public sealed class FineTuningPipelineTests : FineTuningFixture
{
    [TestMethod]
    public void ProgressReachesTheOptionsSinksAndTheLog()
    {
        var (log, sink) = (new LogLines(MLContext), new ProgressLog());
        Fit(Options with { Progress = [sink] }).Dispose();
        CollectionAssert.AreEqual(new long[] { 1, 2 }, sink.Select(step => step.Step).ToArray());
        Assert.IsTrue(sink.All(step => step.Stage == "Fine-tuning" && double.IsFinite(step.Loss)));
        var lines = log.Of("Info");
        Assert.IsTrue(lines.Any(line => line.Contains("Fine-tuning on 20 rows of 2 classes, 2 steps of 8 rows.")), string.Join('\n', lines));
        Assert.IsTrue(lines.Any(line => line.Contains("2/2")), string.Join('\n', lines));
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
    public void AllProblemsOfTheOptionsAreInOneMessage()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => MLContext.MulticlassClassification.Trainers.PldBert(Options with
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
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Fit(Options with { Pretrained = Pretrained, Vocabulary = CorpusFolder.Letters })).Message,
            "Vocabulary is not that of Pretrained, whose embeddings belong to its own word pieces; leave Vocabulary null.");
        Fit(Options with { Pretrained = Pretrained, Vocabulary = Pretrained.Tokenizer.Vocabulary, VocabularySize = 5 }).Dispose(); // of no use, and no harm
    }

    [TestMethod]
    public void MissingPartsOfTheOptionsAreNamed()
    {
        var message = Assert.ThrowsExactly<ArgumentException>(() => Fit(Options with { Config = null!, FineTuning = null!, Runtime = null!, Progress = null! })).Message;
        foreach (var part in new[] { "Config is null", "FineTuning is null", "Runtime is null", "Progress is null" }) StringAssert.Contains(message, part);
        Assert.ThrowsExactly<ArgumentNullException>(() => MLContext.MulticlassClassification.Trainers.PldBert(null!));
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
        var scored = tuned.Transform(Labelled(MLContext, TextRow.Make(60)));
        Assert.IsGreaterThan(0.95, MLContext.MulticlassClassification.Evaluate(scored).MicroAccuracy);
    }

    private PldBertMulticlassTransformer SavedAndLoaded(PldBertMulticlassTransformer tuned)
    {
        using var zip = new MemoryStream();
        MLContext.Model.Save(tuned, MLContext.Data.LoadFromEnumerable(TextRow.Make(1)).Schema, zip);
        zip.Position = 0;
        return (PldBertMulticlassTransformer)MLContext.Model.Load(zip, out _);
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], 1e-5f);
    }
}
