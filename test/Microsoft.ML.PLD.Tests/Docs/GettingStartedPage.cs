using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of docs/getting-started.md.</summary>
[TestClass]
[DoNotParallelize]
public sealed class GettingStartedPage : DocumentPage
{
    [TestMethod]
    public void ThePageIsOneProgram()
    {
        #region five-rows
        var mlContext = new MLContext(seed: 1);
        IDataView tickets = mlContext.Data.LoadFromEnumerable<Ticket>(
        [
            new() { Text = "My card has not arrived yet.", Category = "card" },
            new() { Text = "Where is the card that I ordered?", Category = "card" },
            new() { Text = "The transfer is still pending.", Category = "transfer" },
            new() { Text = "When will my transfer arrive?", Category = "transfer" },
            new() { Text = "My new card does not work.", Category = "card" },
        ]);

        using BertModel mini = PldModels.Mini();   // a small English encoder: 13.7 million weights
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category")
            .Append(mlContext.MulticlassClassification.Trainers.PldBert("Label", "Text", pretrained: mini))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedCategory", "PredictedLabel"));
        ITransformer model = pipeline.Fit(tickets);
        mlContext.Model.Save(model, tickets.Schema, "tickets.zip");
        #endregion

        #region predict
        ITransformer loaded = mlContext.Model.Load("tickets.zip", out _);
        using var engine = mlContext.Model.CreatePredictionEngine<Ticket, Prediction>(loaded);
        Prediction answer = engine.Predict(new() { Text = "Has my card been sent?" });

        VBuffer<ReadOnlyMemory<char>> names = default;
        engine.OutputSchema["Score"].GetSlotNames(ref names);   // the categories, in the order of the probabilities
        foreach (var (name, probability) in names.DenseValues().Zip(answer.Score)) Console.WriteLine($"{probability,7:P1} {name}");
        Console.WriteLine($"It is about: {answer.PredictedCategory}");
        #endregion

        (model as IDisposable)?.Dispose();
        (loaded as IDisposable)?.Dispose();
        Assert.Contains("transfer\n", Printed.ReplaceLineEndings("\n"));
        Assert.Contains($"It is about: {(answer.Score[0] > answer.Score[1] ? "card" : "transfer")}", Printed);
        File.Move("tickets.csv", "train.csv");

        #region real-data
        IDataView rows = mlContext.Data.LoadFromTextFile<Ticket>("train.csv", new TextLoader.Options
        {
            Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true,
        });
        IDataView some = mlContext.Data.TakeRows(mlContext.Data.ShuffleRows(rows, seed: 1, shufflePoolSize: 20_000), 4_000);
        var split = mlContext.Data.TrainTestSplit(some, testFraction: 0.2, seed: 1);

        var trainer = mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = "Text", Pretrained = mini,
            FineTuning = new() { Epochs = 3, LearningRate = new() { Peak = 1e-3, WarmupShare = 0.1 }, Pooling = Pooling.Mean },
            Progress = [new ConsoleProgress()],
        });
        var banking = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category")
            .Append(trainer)
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedCategory", "PredictedLabel"));
        ITransformer bank = banking.Fit(split.TrainSet);
        #endregion

        #region evaluate
        var metrics = mlContext.MulticlassClassification.Evaluate(bank.Transform(split.TestSet));
        Console.WriteLine($"accuracy {metrics.MicroAccuracy:P1}, log-loss {metrics.LogLoss:F3}");
        #endregion

        (bank as IDisposable)?.Dispose();
        Assert.Contains("accuracy ", Printed);
        File.Move("texts.txt", "my-text.txt");

        #region pretrain
        // ReadLines, as LoadFromTextFile skips the empty lines that end documents. It reads .txt, .txt.gz and .txt.br.
        IDataView texts = mlContext.Data.LoadFromEnumerable(CorpusBuilder.ReadLines(["my-text.txt"]).Select(line => new Line { Text = line ?? "" }));
        using PldBertTransformer encoder = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Config = BertConfig.Mini with { MaxPositions = 128 },
            VocabularySize = 8_192,
            EmptyRowsEndDocuments = true,
            Pretraining = new() { Steps = 10_000, BatchSize = 32, SequenceLength = 128, LayerSchedule = LayerSchedules.Recommended() },
            Checkpoints = new() { Folder = "checkpoints", ResumeFrom = CheckpointOptions.Latest },
            Progress = [new ConsoleProgress(), new TensorBoardProgress("runs")],
        }).Fit(texts);
        encoder.Model.SavePretrained("my-bert");
        #endregion

        Assert.IsTrue(File.Exists("my-bert/vocab.txt"));

        #region domain
        using PldBertTransformer adapted = mlContext.Transforms.PldBert("Features", "Text", new PldBertEstimator.Options
        {
            Pretrained = mini,
            Pretraining = new() { Steps = 2_000, LearningRate = new() { Peak = 5e-4, WarmupShare = 0.1 } },
        }).Fit(texts);
        #endregion

        Assert.AreEqual(mini.Config, adapted.Model.Config);
    }

    #region line
    internal sealed class Line
    {
        public string Text { get; set; } = "";
    }
    #endregion

    #region ticket
    internal sealed class Ticket
    {
        [LoadColumn(0)] public string Text { get; set; } = "";
        [LoadColumn(1)] public string Category { get; set; } = "";
    }
    #endregion

    #region prediction
    internal sealed class Prediction
    {
        public string PredictedCategory { get; set; } = "";
        public float[] Score { get; set; } = [];
    }
    #endregion
}
