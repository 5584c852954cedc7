namespace Microsoft.ML.PLD.Tests;

/// <summary>What fine-tuning trainers do with validation sets, weights and classes, by way of the binary one.</summary>
[TestClass]
public sealed class FineTuningDataTests
{
    private static readonly PldBertBinaryTrainer.Options Options = new()
    {
        Sentence1ColumnName = "Text", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
        FineTuning = new() { Steps = 6, BatchSize = 8, MaxLength = 11, Seed = 3 },
    };

    private readonly MLContext _mlContext = new(seed: 5);

    [TestMethod]
    public void AShareIsHeldOutOrASetIsGivenEitherWay()
    {
        var log = new LogLines(_mlContext);
        var share = new ProgressLog();
        Fit(Options with { FineTuning = Options.FineTuning with { ValidationShare = 0.2 }, Progress = [share] }).Dispose();
        Assert.IsNotNull(share[^1].ValidationLoss);
        StringAssert.Contains(string.Join('\n', log.Of("Info")), "Fine-tuning on 32 rows of 2 classes, 6 steps of 8 rows. 8 rows are held out for validation.");

        var (option, overload) = (new ProgressLog(), new ProgressLog());
        Fit(Options with { ValidationSet = Data(Rows(10)), Progress = [option] }).Dispose();
        _mlContext.BinaryClassification.Trainers.PldBert(Options with { Progress = [overload] }).Fit(Data(Rows(40)), Data(Rows(10))).Dispose();
        Assert.IsNotNull(option[^1].ValidationLoss);
        Assert.AreEqual(option[^1].ValidationLoss, overload[^1].ValidationLoss);
    }

    [TestMethod]
    public void PatienceWithoutValidationIsWarnedOf()
    {
        var log = new LogLines(_mlContext);
        var patient = Options with { FineTuning = Options.FineTuning with { Patience = 2 } };
        Fit(patient).Dispose();
        Assert.HasCount(1, log.Of("Warning").Where(line => line.Contains("There is nothing to validate with")));
        Fit(patient with { ValidationSet = Data(Rows(10)) }).Dispose();
        Assert.HasCount(1, log.Of("Warning").Where(line => line.Contains("There is nothing to validate with")));
    }

    [TestMethod]
    public void AValidationSetMayHaveOneClassOnly()
    {
        var rows = Rows(10);
        foreach (var row in rows) row.Label = true;
        Fit(Options with { ValidationSet = Data(rows) }).Dispose();
    }

    [TestMethod]
    public void OtherKeysInTheValidationSetAreRefused()
    {
        var trainer = _mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = "Text", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60, FineTuning = new() { Steps = 1, MaxLength = 11 },
        });
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Row.Name));
        IDataView rows = _mlContext.Data.LoadFromEnumerable(Rows(20)), reversed = _mlContext.Data.LoadFromEnumerable(Rows(20).Reverse());
        var failure = Assert.ThrowsExactly<InvalidOperationException>(() => trainer.Fit(keys.Fit(rows).Transform(rows), keys.Fit(reversed).Transform(reversed)));
        StringAssert.Contains(failure.Message, "stand for other classes in the validation set");
        StringAssert.Contains(failure.Message, "'Label'");
        trainer.Fit(keys.Fit(rows).Transform(rows), keys.Fit(rows).Transform(reversed)).Dispose();
    }

    [TestMethod]
    public void RowsOfWeightZeroAreLeftOutAndImpossibleWeightsNumbered()
    {
        var rows = Rows(40);
        var some = rows.Where((_, row) => row % 4 != 0).ToArray();
        foreach (var (row, i) in rows.Select((row, i) => (row, i))) row.Weight = i % 4 == 0 ? 0 : 2;
        var weighted = Options with { ExampleWeightColumnName = "Weight", Vocabulary = CorpusFolder.Letters };
        using var expected = Fit(Options with { Vocabulary = CorpusFolder.Letters }, some);
        using var actual = Fit(weighted, rows);
        CollectionAssert.AreEqual(Scores(expected), Scores(actual));

        rows[7].Weight = -1;
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Fit(weighted, rows)).Message, "Row 7 has the weight -1 in column 'Weight'; expected a number of at least 0");
        foreach (var row in rows) row.Weight = 0;
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Fit(weighted, rows)).Message, "the weight of all 40 is 0 (column 'Weight')");
        StringAssert.Contains(
            Assert.Throws<ArgumentOutOfRangeException>(() => Fit(weighted with { ExampleWeightColumnName = "Name" }, rows)).Message, "weight column 'Name': expected Single, got String");
    }

    [TestMethod]
    public void BalancedAndGivenClassWeightsMoveTheScores()
    {
        var rows = Rows(40);
        foreach (var row in rows.Where((_, i) => i % 5 != 0)) row.Label = false; // few are true
        foreach (var row in rows.Where((_, i) => i % 5 == 0)) row.Label = true;
        var options = Options with { FineTuning = Options.FineTuning with { Steps = 20, LearningRate = new() { Peak = 2e-3 } } };
        double Mean(FineTuningOptions fineTuning)
        {
            using var tuned = Fit(options with { FineTuning = fineTuning }, rows);
            return Scores(tuned).Average();
        }
        var equal = Mean(options.FineTuning);
        var balanced = Mean(options.FineTuning with { ClassWeighting = ClassWeighting.Balanced });
        var given = Mean(options.FineTuning with { ClassWeights = new Dictionary<string, double> { ["true"] = 2.5, ["false"] = 0.625 } }); // 40 / (2 * 8), 40 / (2 * 32)
        Assert.AreEqual(balanced, given, 1e-4);
        Assert.IsGreaterThan(equal + 0.3, balanced);
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => Mean(options.FineTuning with { ClassWeights = new Dictionary<string, double> { ["yes"] = 2 } })).Message,
            "ClassWeights has a weight for 'yes'; expected one of: false, true.");
    }

    [TestMethod]
    public void ClassWeightsThatLeaveOneClassAreRefused()
    {
        foreach (var weights in new[] { new Dictionary<string, double> { ["true"] = 0, ["false"] = 0 }, new Dictionary<string, double> { ["true"] = 0 } })
            StringAssert.Contains(
                Assert.ThrowsExactly<InvalidOperationException>(() => Fit(Options with { FineTuning = Options.FineTuning with { ClassWeights = weights } })).Message, "fewer than two classes");
        StringAssert.Contains(
            Assert.Throws<ArgumentException>(() => Fit(Options with { FineTuning = Options.FineTuning with { ClassWeights = new Dictionary<string, double> { ["true"] = 1e300 } } })).Message,
            "ClassWeights has 1E+300 for 'true'; expected a number from 0 to 1e12.");
    }

    [TestMethod]
    public void ClassesOfAMulticlassTrainerAreWeightedByTheirNames()
    {
        var keys = _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Row.Name));
        float[] Even(FineTuningOptions options)
        {
            var data = keys.Fit(Data(Rows(40))).Transform(Data(Rows(40)));
            using var tuned = _mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
            {
                Sentence1ColumnName = "Text", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60, FineTuning = options with { Steps = 20, LearningRate = new() { Peak = 2e-3 } },
            }).Fit(data);
            return [.. Microsoft.ML.Data.ColumnCursorExtensions.GetColumn<float[]>(tuned.Transform(data), "Score").Select(scores => scores[0])];
        }
        var plain = Even(Options.FineTuning);
        Assert.IsGreaterThan(plain.Average() + 0.05f, Even(Options.FineTuning with { ClassWeights = new Dictionary<string, double> { ["even"] = 9 } }).Average());
        Assert.IsLessThan(plain.Average() - 0.05f, Even(Options.FineTuning with { ClassWeights = new Dictionary<string, double> { ["odd"] = 9 } }).Average());
        CollectionAssert.AreNotEqual(plain, Even(Options.FineTuning with { LabelSmoothing = 0.3 }));
        CollectionAssert.AreNotEqual(plain, Even(Options.FineTuning with { FocalLossGamma = 2 }));
    }

    [TestMethod]
    public void SmoothingAndTheFocalLossReachTheBinaryTrainer()
    {
        using var plain = Fit(Options);
        foreach (var fineTuning in new[] { Options.FineTuning with { LabelSmoothing = 0.3 }, Options.FineTuning with { FocalLossGamma = 2 } })
        {
            using var other = Fit(Options with { FineTuning = fineTuning });
            CollectionAssert.AreNotEqual(Scores(plain), Scores(other));
        }
    }

    [TestMethod]
    public void MessagesSayWhichSetTheySpeakOf()
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Fit(Options with { ValidationSet = Data([]) })).Message, "There are no rows to validate with (column 'Text').");
        var regression = _mlContext.Regression.Trainers.PldBert("Weight", "Text");
        var rows = Rows(10);
        rows[3].Weight = float.NaN;
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => regression.Fit(Data(Rows(10)), Data(rows))).Message, "Row 3 of the validation set has no label in column 'Weight'");
    }

    // All labels of the validation set are the same: there is no correlation.
    [TestMethod]
    public void WhatTheLoopWarnsOfIsAWarningOfTheLog()
    {
        var log = new LogLines(_mlContext);
        var rows = Rows(10);
        foreach (var row in rows) row.Weight = 1;
        _mlContext.Regression.Trainers.PldBert(new PldBertRegressionTrainer.Options
        {
            LabelColumnName = "Weight", Sentence1ColumnName = "Text", Config = TestCorpus.Config, Runtime = TestCorpus.Runtime, VocabularySize = 60,
            FineTuning = Options.FineTuning with { ValidationMetric = ValidationMetric.PearsonCorrelation }, ValidationSet = Data(rows),
        }).Fit(Data(Rows(10))).Dispose();
        Assert.HasCount(1, log.Of("Warning").Where(line => line.Contains("PearsonCorrelation was NaN in every validation")));
        Assert.IsEmpty(log.Of("Info").Where(line => line.Contains("was NaN in every validation")));
        Assert.IsNotEmpty(log.Of("Info").Where(line => line.Contains("validation mean squared error ")));
    }

    [TestMethod]
    public void LongTextsAreCountedInWindowsAlikeInEveryCulture()
    {
        var culture = System.Globalization.CultureInfo.CurrentCulture;
        var log = new LogLines(_mlContext);
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = System.Globalization.CultureInfo.GetCultureInfo("de-DE");
            var rows = Rows(10);
            foreach (var row in rows) row.Text = string.Concat(Enumerable.Repeat(row.Text + " ", 60));
            Fit(Options with { FineTuning = Options.FineTuning with { Steps = 1, LongTexts = LongTexts.SlidingWindows, WindowStride = 1 } }, rows).Dispose();
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = culture;
        }
        StringAssert.Matches(string.Join('\n', log.Of("Info")), new(@"Fine-tuning on 10 rows in \d,\d{3} windows of 2 classes, 1 steps of 8 windows\."));
    }

    [TestMethod]
    public void ValidationNeedsNoWeights()
    {
        var unweighted = _mlContext.Transforms.DropColumns("Weight").Fit(Data(Rows(10))).Transform(Data(Rows(10)));
        Fit(Options with { ExampleWeightColumnName = "Weight", ValidationSet = unweighted }).Dispose();
    }

    [TestMethod]
    public void FreezingWhatIsNotPretrainedIsWarnedOf()
    {
        var log = new LogLines(_mlContext);
        Fit(Options with { FineTuning = Options.FineTuning with { FrozenBlocks = 1 } }).Dispose();
        StringAssert.Contains(string.Join('\n', log.Of("Warning")), "FrozenBlocks keeps some of its blocks as they were drawn at random.");
    }

    [TestMethod]
    public void ReinitializedBlocksAreNewAndTheOthersPretrained()
    {
        using var pretrained = TestModel.Make();
        var options = Options with { Pretrained = pretrained, FineTuning = Options.FineTuning with { Steps = 1, LearningRate = new() { Peak = 1e-7, WarmupShare = 0 }, ReinitializedBlocks = 2 } };
        var log = new LogLines(_mlContext);
        using var tuned = Fit(options);
        var (before, after) = (pretrained.Weights.Tensors, tuned.Predictor.Weights.Tensors);
        var layers = pretrained.Config.Layers;
        foreach (var (name, values) in after)
        {
            if (!before.TryGetValue(name, out var start)) continue;
            var isNew = name.StartsWith("bert.pooler", StringComparison.Ordinal) || LayerwiseRate.DepthOf(name, layers) is var depth && depth <= layers && depth > layers - 2;
            if (isNew && values.dim() == 1) continue; // biases and gains begin the same everywhere
            Assert.AreEqual(!isNew, start.data<float>().Zip(values.data<float>(), (a, b) => Math.Abs(a - b)).Max() < 1e-6f, name);
        }
        StringAssert.Contains(string.Join('\n', log.Of("Info")), " in all.");
    }

    [TestMethod]
    public void LongTextsAreReadAsTheOptionSaysAlsoAfterLoading()
    {
        var early = new Row { Text = "cat " + string.Concat(Enumerable.Repeat("dog ", 30)) };
        var late = new Row { Text = string.Concat(Enumerable.Repeat("dog ", 30)) + "cat" };
        var middle = new Row { Text = string.Concat(Enumerable.Repeat("dog ", 15)) + "cat " + string.Concat(Enumerable.Repeat("dog ", 15)) };
        var none = new Row { Text = string.Concat(Enumerable.Repeat("dog ", 31)) };
        foreach (var (how, seen) in new[] { (LongTexts.Head, "early"), (LongTexts.Tail, "late"), (LongTexts.HeadAndTail, "early late"), (LongTexts.SlidingWindows, "early middle late") })
        {
            using var tuned = Fit(Options with { FineTuning = Options.FineTuning with { LongTexts = how, WindowStride = 4 } });
            using var loaded = SavedAndLoaded(tuned);
            foreach (var transformer in new[] { tuned, loaded })
            {
                var scores = Scores(transformer, [early, middle, late, none]);
                foreach (var (name, place) in new[] { ("early", 0), ("middle", 1), ("late", 2) })
                    Assert.AreEqual(seen.Contains(name), Math.Abs(scores[place] - scores[3]) > 1e-6, $"{how} {name}");
            }
        }
    }

    private PldBertBinaryTransformer Fit(PldBertBinaryTrainer.Options options, Row[]? rows = null) =>
        _mlContext.BinaryClassification.Trainers.PldBert(options).Fit(Data(rows ?? Rows(40)));

    private IDataView Data(Row[] rows) => _mlContext.Data.LoadFromEnumerable(rows);

    private float[] Scores(ITransformer tuned, Row[]? rows = null) =>
        [.. Microsoft.ML.Data.ColumnCursorExtensions.GetColumn<float>(tuned.Transform(Data(rows ?? Rows(40))), "Score")];

    private PldBertBinaryTransformer SavedAndLoaded(ITransformer tuned)
    {
        using var zip = new MemoryStream();
        _mlContext.Model.Save(tuned, null, zip);
        zip.Position = 0;
        return (PldBertBinaryTransformer)_mlContext.Model.Load(zip, out _);
    }

    private static Row[] Rows(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new Row { Text = i % 2 == 0 ? $"a cat and {i} dogs" : $"cats eat {i} dogs", Label = i % 2 == 0, Name = i % 2 == 0 ? "even" : "odd" })];

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public bool Label { get; set; }

        public string Name { get; set; } = "";

        public float Weight { get; set; } = 1;
    }
}
