namespace Microsoft.ML.PLD.Tests;

/// <summary>What fine-tuning starts from: weights, vocabulary and case of a pre-trained model, or its own; and what starts from it.</summary>
[TestClass]
public sealed class FineTuningStartTests : FineTuningFixture
{
    [TestMethod]
    public void OnlyTrainingFromScratchIsWarnedOf()
    {
        var log = new LogLines(MLContext);
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
    public void AVocabularyIsTakenLearntOrThePretrainedModels()
    {
        Assert.AreEqual(CorpusFolder.Letters.Count, Pieces(Options with { Vocabulary = CorpusFolder.Letters, VocabularySize = 1 }));
        Assert.AreEqual(Pretrained.Tokenizer.Vocabulary.Count, Pieces(Options with { Pretrained = Pretrained, VocabularySize = 1 }));
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
        StringAssert.Contains(message, "VocabularySize is 20, and the text of column 'Text' needs at least ");
        Fit(Options with { VocabularySize = int.Parse(System.Text.RegularExpressions.Regex.Match(message, @"needs at least (\d+)").Groups[1].Value) }).Dispose();
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
}
