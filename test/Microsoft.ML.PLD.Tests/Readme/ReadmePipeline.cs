using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of README.md and of docs/fine-tuning.md, which the documentation comments of the library show, too.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ReadmePipeline : DocumentPage
{
    [TestMethod]
    public void Pipeline()
    {
        #region pipeline
        var mlContext = new MLContext(seed: 1);
        IDataView texts = mlContext.Data.LoadFromTextFile<Line>("texts.txt");                         // one text a line, no labels
        IDataView tickets = mlContext.Data.LoadFromTextFile<Ticket>("tickets.tsv", hasHeader: true);  // text and category

        // Pre-train BERT on your own text and vocabulary, with progressive layer dropping.
        var pretraining = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = BertConfig.Mini,                                                                 // 12 blocks, hidden size 256
            Pretraining = new() { Steps = 20_000, LayerSchedule = LayerSchedules.Recommended() },     // few blocks first, then all with layer dropping
            Progress = [new ConsoleProgress(), new TensorBoardProgress("runs")],
        });
        using PldBertTransformer encoder = pretraining.Fit(texts);
        encoder.Model.SavePretrained("my-bert");                      // later: BertModel.FromPretrained("my-bert")

        // Fine-tune it like any other ML.NET trainer.
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category")
            .Append(mlContext.MulticlassClassification.Trainers.PldBert("Label", "Text", pretrained: encoder.Model))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedCategory", "PredictedLabel"));
        var split = mlContext.Data.TrainTestSplit(tickets, testFraction: 0.2);
        var model = pipeline.Fit(split.TrainSet);
        var metrics = mlContext.MulticlassClassification.Evaluate(model.Transform(split.TestSet));
        Console.WriteLine($"accuracy {metrics.MicroAccuracy:P1}");
        mlContext.Model.Save(model, tickets.Schema, "model.zip");     // mlContext.Model.Load needs no type of this library
        #endregion

        using (var read = BertModel.FromPretrained("my-bert")) Assert.AreEqual(encoder.Model.ParameterCount, read.ParameterCount);
        Assert.IsNotNull(mlContext.Model.Load("model.zip", out _).GetOutputSchema(tickets.Schema).GetColumnOrNull("PredictedCategory"));
        Assert.IsNotEmpty(Directory.GetFiles("runs", "*", SearchOption.AllDirectories));
        Assert.Contains("accuracy ", Printed);
    }

    [TestMethod]
    public void Report()
    {
        var mlContext = new MLContext(seed: 1);
        using var encoder = SmallModel();
        IDataView tickets = mlContext.Data.LoadFromTextFile<Ticket>("tickets.tsv", hasHeader: true), unseen = tickets;

        #region report
        using var report = new TrainingReport("report.html", "Tickets");

        // Give it to a training, as any other receiver of progress; here to that of a classifier.
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category")
            .Append(mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options { Sentence1ColumnName = "Text", Pretrained = encoder, Progress = [report] }));
        var model = pipeline.Fit(tickets);

        // And to rows that the model has not learned from: accuracy, confusion, calibration, the worst mistakes.
        report.AddEvaluation(model.Transform(unseen), "Text");
        #endregion

        Assert.IsNull(report.Failure);
        Assert.Contains("Tickets", File.ReadAllText("report.html"));
    }

    [TestMethod]
    public void Checkpoints()
    {
        var mlContext = new MLContext(seed: 1);
        var options = new PldBertEstimator.Options
        {
            #region checkpoints
            Checkpoints = new() { Folder = "checkpoints", ResumeFrom = CheckpointOptions.Latest },    // start the program again, and the run goes on
            #endregion
        };
        IDataView texts = mlContext.Data.LoadFromTextFile<Line>("texts.txt");
        for (var start = 0; start < 2; start++) mlContext.Transforms.PldBert("Features", "Text", options).Fit(texts).Dispose();
        Assert.IsNotEmpty(Directory.GetDirectories("checkpoints", "step-*"));
    }

    [TestMethod]
    public void Binary()
    {
        var mlContext = new MLContext(seed: 1);
        using var encoder = SmallModel();
        IDataView reviews = mlContext.Transforms.CopyColumns("Label", "Truth").Fit(Rows(mlContext)).Transform(Rows(mlContext)), unseen = reviews;

        #region binary
        // reviews has the columns Label (bool) and Text.
        var trainer = mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            Sentence1ColumnName = "Text", Pretrained = encoder,
            FineTuning = new()
            {
                Epochs = 10, ValidationShare = 0.1, ValidationMetric = ValidationMetric.F1, Patience = 2,   // stops early, keeps the best
                ClassWeighting = ClassWeighting.Balanced,                                                   // one answer is rare
            },
        });
        PldBertBinaryTransformer model = trainer.Fit(reviews);
        var metrics = mlContext.BinaryClassification.Evaluate(model.Transform(unseen));
        Console.WriteLine($"F1 {metrics.F1Score:F3}, area under the ROC curve {metrics.AreaUnderRocCurve:F3}");
        #endregion

        model.Dispose();
        Assert.Contains("area under the ROC curve", Printed);
    }

    [TestMethod]
    public void Regression()
    {
        var mlContext = new MLContext(seed: 1);
        using var encoder = SmallModel();
        IDataView pairs = mlContext.Transforms.CopyColumns("Label", "Number").Fit(Rows(mlContext)).Transform(Rows(mlContext)), heldOut = pairs, unseen = pairs;

        #region regression
        // pairs has the columns Label (float), Sentence1 and Sentence2; heldOut chooses the best step, and unseen measures it.
        var trainer = mlContext.Regression.Trainers.PldBert("Label", "Sentence1", "Sentence2", pretrained: encoder);
        PldBertRegressionTransformer model = trainer.Fit(pairs, validationData: heldOut);
        var metrics = mlContext.Regression.Evaluate(model.Transform(unseen));
        Console.WriteLine($"R squared {metrics.RSquared:F3}");
        #endregion

        model.Dispose();
        Assert.Contains("R squared", Printed);
    }

    [TestMethod]
    public void Comparing()
    {
        var mlContext = new MLContext(seed: 1);
        using var encoder = SmallModel();
        IDataView overlaps = mlContext.Transforms.CopyColumns("Label", "Number").Fit(Rows(mlContext)).Transform(Rows(mlContext)), pairs = overlaps;

        #region comparing
        // overlaps has 40,000 pairs of sentences and what they have in common; pairs has few, and the labels that matter.
        using var comparing = mlContext.Regression.Trainers.PldBert("Label", "Sentence1", "Sentence2", pretrained: encoder).Fit(overlaps);
        using BertModel comparer = comparing.ToPretrained(encoder);
        using var model = mlContext.Regression.Trainers.PldBert("Label", "Sentence1", "Sentence2", pretrained: comparer).Fit(pairs);
        #endregion

        Assert.AreEqual(encoder.Config, comparer.Config);
    }

    private sealed class Line
    {
        [LoadColumn(0)]
        public string Text { get; set; } = "";
    }

    private sealed class Ticket
    {
        [LoadColumn(0)]
        public string Text { get; set; } = "";

        [LoadColumn(1)]
        public string Category { get; set; } = "";
    }
}
