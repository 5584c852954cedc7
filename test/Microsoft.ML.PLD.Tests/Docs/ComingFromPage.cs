using Microsoft.ML.Data;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The code of docs/coming-from.md: our side of it.</summary>
[TestClass]
[DoNotParallelize]
public sealed class ComingFromPage : DocumentPage
{
    [TestMethod]
    public void TextClassification()
    {
        var mlContext = new MLContext(seed: 1);
        var train = Rows(mlContext);
        using var mini = PldModels.Mini();

        #region text-classification
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", "Category")
            .Append(mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
            {
                LabelColumnName = "Label", Sentence1ColumnName = "Text", Pretrained = mini,
                FineTuning = new() { BatchSize = 32, Epochs = 10, ValidationShare = 0.1, Patience = 2 },
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(train);
        #endregion

        Assert.AreEqual(TextDataViewType.Instance, model.GetOutputSchema(train.Schema)["PredictedLabel"].Type);
        model.Dispose();
    }

    [TestMethod]
    public void Trainer()
    {
        var mlContext = new MLContext(seed: 1);
        using (var downloaded = SmallModel()) downloaded.SavePretrained("bert-base-uncased");
        IDataView train = mlContext.Transforms.CopyColumns("Label", "Truth").Fit(Rows(mlContext)).Transform(Rows(mlContext)), dev = train;

        #region trainer
        using BertModel encoder = BertModel.FromPretrained("bert-base-uncased");           // the downloaded folder
        var trainer = mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options
        {
            Sentence1ColumnName = "Text", Pretrained = encoder,
            FineTuning = new()
            {
                Epochs = 3, BatchSize = 32, MaxLength = 128,                               // num_train_epochs, per_device_train_batch_size, max_length
                LearningRate = new() { Peak = 2e-5, WarmupShare = 0.1 },                   // learning_rate, warmup_ratio
                Optimizer = new() { WeightDecay = 0.01 },                                  // weight_decay
                ValidationMetric = ValidationMetric.Accuracy, Patience = 2,                // metric_for_best_model, EarlyStoppingCallback
                Seed = 42,                                                                 // seed
            },
            Checkpoints = new() { Folder = "out", ResumeFrom = CheckpointOptions.Latest }, // output_dir, resume_from_checkpoint
            Progress = [new TensorBoardProgress("runs")],                                  // report_to="tensorboard"
        });
        using PldBertBinaryTransformer model = trainer.Fit(train, validationData: dev);
        model.SavePretrained("best");                                                      // save_model: a folder for ForSequenceClassification
        #endregion

        Assert.IsTrue(File.Exists("best/model.safetensors"));
    }

    [TestMethod]
    public void DeepSpeed()
    {
        #region deepspeed
        var options = PretrainingOptions.Paper with
        {
            Steps = 200_000,
            BatchSize = 4_096,                                          // train_batch_size
            LayerSchedule = new ProgressiveLayerDrop(thetaBar: 0.5),    // "theta"; "gamma" follows from Steps
        };
        var pretrainer = new BertPretrainer(BertConfig.Base, options, new RuntimeOptions { MicroBatchSize = 64 });   // train_micro_batch_size_per_gpu
        #endregion

        Assert.IsNotNull(pretrainer);
    }

    [TestMethod]
    public void AsDeepSpeedDoes()
    {
        const long steps = 2_000;
        #region constant-gamma
        var schedule = new ProgressiveLayerDrop(thetaBar: 0.5, DepthRule.FirstBlockAlwaysKept, gammaTimesSteps: 0.001 * steps);
        Console.WriteLine($"{Enumerable.Range(0, (int)steps).Average(step => schedule.Theta(step, steps)):F3}");
        #endregion

        Assert.AreEqual("0.716", Printed.Trim());
    }
}
