namespace Microsoft.ML.PLD.Tests;

/// <summary>The report of real trainings, and of what ML.NET's data say.</summary>
[TestClass]
public sealed class TrainingReportPipelineTests : FineTuningFixture
{
    private readonly TemporaryFolder _folder = new();

    private string Page => _folder["report.html"];

    [TestCleanup]
    public void Delete() => _folder.Dispose();

    [TestMethod]
    public void APretrainingThatIsStoppedAndResumedHasOnePage()
    {
        using var text = new TestCorpus();
        var options = TestCorpus.Options with { Steps = 12, LayerSchedule = new ProgressiveLayerDrop(0.5), ValidationInterval = 3, Seed = 3 };
        var checkpoints = new CheckpointOptions { Folder = _folder["checkpoints"], ResumeFrom = CheckpointOptions.Latest };
        void Train(int stopAfter)
        {
            using var report = new TrainingReport(Page);
            var steps = 0;
            var both = new CombinedProgress([report, new Callback(() => steps++)]);
            new BertPretrainer(TestCorpus.Config, options, TestCorpus.Runtime, checkpoints).Train(text.Corpus, text.Tokenizer, both, () =>
            {
                if (steps == stopAfter) throw new OperationCanceledException("stop");
            }).Dispose();
        }
        Assert.ThrowsExactly<OperationCanceledException>(() => Train(stopAfter: 5));
        Train(stopAfter: -1);

        CollectionAssert.AreEqual(Enumerable.Range(1, 12).Select(step => (long)step).ToArray(), ReportPages.Steps(Page, Measure.Loss));
        CollectionAssert.AreEqual(new long[] { 3, 6, 9, 12 }, ReportPages.Steps(Page, Measure.ValidationLoss));
        var stage = ReportData.ReadFrom(Page).Stages.Single();
        CollectionAssert.AreEqual(new long[] { 6 }, stage.Resumed);
        Assert.AreEqual(1 - 0.5 * (1 - Math.Round(stage.Of(Measure.Theta)[^1].Last, 5) / 1) / 0.5, stage.KeepProbabilities[^1].Last!.Value, 1e-4); // the last block's probability is theta
        Assert.AreEqual("0.003", stage.Run.Options["LearningRate.Peak"]);
        foreach (var name in new[] { "Microsoft.ML.PLD", ".NET", "TorchSharp", "libtorch", "Operating system", "Processor", "Cores", "Device", "Precision" })
            Assert.IsFalse(string.IsNullOrWhiteSpace(stage.Run.Environment[name]), name);
        var page = ReportPages.Parse(Page).ToString();
        Assert.Contains("How likely each block runs", page);
        Assert.DoesNotContain(Environment.MachineName, string.Join(' ', stage.Run.Environment.Values));
    }

    [TestMethod]
    public void AFineTuningIsReportedAndEvaluated()
    {
        using (var report = new TrainingReport(Page, "Cats and dogs"))
        {
            var rows = TextRow.Make(20);
            using var model = Fit(Options with { Pretrained = Pretrained, FineTuning = Options.FineTuning with { ValidationShare = 0.3 }, Progress = [report] }, rows);
            report.AddEvaluation(model.Transform(Labelled(MLContext, rows)), "Text");
        }
        var page = ReportPages.Parse(Page);
        Assert.AreEqual("Fine-tuning", ReportData.ReadFrom(Page).Stages.Single().Name);
        var matrix = page.Descendants(ReportPages.Html + "table").Single(table => (string?)table.Attribute("class") == "matrix");
        CollectionAssert.AreEqual(new[] { "cat", "dog" }, matrix.Descendants(ReportPages.Html + "th").Where(head => (string?)head.Attribute("scope") == "row").Select(head => head.Value).ToArray());
    }

    [TestMethod]
    public void TruthValuesAndNumbersAreReadByTheTypeOfTheLabel()
    {
        using var report = new TrainingReport(Page);
        report.AddEvaluation(View([new Scored { Text = "yes", Truth = true, PredictedLabel = true, Probability = 0.9f }, new Scored { Text = "no", Truth = false, PredictedLabel = true, Probability = 0.8f }]),
            "Text", labelColumnName: "Truth", title: "Binary");
        report.AddEvaluation(View([new Scored { Text = "one", Number = 1, Score = 1.5f }, new Scored { Text = "none", Number = float.NaN, Score = 1 }]), "Text", labelColumnName: "Number", title: "Numbers");
        var text = ReportPages.Parse(Page).ToString();
        Assert.Contains("1 of 2 rows are right (50.0", text);
        Assert.Contains("80 %".Replace(' ', '\u00a0'), text);
        Assert.Contains("1 rows without a label are left out", text);
        Assert.Contains("mean absolute error 0.5", text);
    }

    [TestMethod]
    public void ColumnsThatAreMissingOrOfAnotherKindAreNamed()
    {
        using var report = new TrainingReport(Page);
        var data = View([new Scored()]);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => report.AddEvaluation(data, "Texte")).Message, "Could not find input column 'Texte'");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => report.AddEvaluation(data, "Text")).Message, "Could not find label column 'Label' (expected type Key<UInt32>, Boolean or Single)");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => report.AddEvaluation(data, "Text", labelColumnName: "Text")).Message, "Schema mismatch for label column 'Text'");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => report.AddEvaluation(data, "Text", labelColumnName: "Number", scoreColumnName: "Truth")).Message, "Schema mismatch for score column 'Truth'");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => report.AddEvaluation(View([]), "Text", labelColumnName: "Number")).Message, "no rows with a label in column 'Number'");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => report.AddEvaluation(View([new Scored { Score = float.NaN }]), "Text", labelColumnName: "Number")).Message, "Row 0 has NaN in column 'Score'; expected a finite number");
        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidOperationException>(() => report.AddEvaluation(View([new Scored { Probability = 1.5f }]), "Text", labelColumnName: "Truth")).Message,
            "Row 0 has 1.5 in column 'Probability'; expected a probability, 0 to 1");
        Assert.AreEqual("sentence1ColumnName", Assert.ThrowsExactly<ArgumentException>(() => report.AddEvaluation(data, "")).ParamName);
        Assert.AreEqual("sentence2ColumnName", Assert.ThrowsExactly<ArgumentException>(() => report.AddEvaluation(data, "Text", "")).ParamName);
        Assert.IsFalse(File.Exists(Page));
    }

    private IDataView View(Scored[] rows) => MLContext.Data.LoadFromEnumerable(rows);

    private sealed class Scored
    {
        public string? Text { get; set; }
        public bool Truth { get; set; }
        public float Number { get; set; }
        public float Score { get; set; }
        public float Probability { get; set; }
        public bool PredictedLabel { get; set; }
    }

    private sealed class Callback(Action report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report();
    }
}
