using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;

namespace SentimentService;

internal static partial class SentimentModel
{
    /// <summary>Learns from all rows and saves the model.</summary>
    /// <param name="settings">What is learned from, and how.</param>
    /// <param name="path">Where model.zip goes.</param>
    /// <param name="progress">Told of each step; null: nobody.</param>
    public static void Train(SentimentSettings settings, string path, IProgress<TrainingProgress>? progress = null)
    {
        var mlContext = new MLContext(settings.Training.Seed);
        var data = LoadData(mlContext, settings.DataSource);
        using var encoder = BertModel.FromPretrained(settings.Training.Pretrained);
        using var model = BuildPipeline(mlContext, settings.Training, encoder, progress).Fit(data);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        mlContext.Model.Save(model, data.Schema, path);
    }

    public static IDataView LoadData(MLContext mlContext, SentimentSettings.TabularFile file) =>
        mlContext.Data.LoadFromTextFile<ModelInput>(file.FilePath, separatorChar: file.Delimiter[0], hasHeader: file.HasHeader);

    /// <summary>Label to key, encoder and head, key to label.</summary>
    public static EstimatorChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> BuildPipeline(
        MLContext mlContext, SentimentSettings.TrainingSettings settings, BertModel encoder, IProgress<TrainingProgress>? progress = null) =>
        mlContext.Transforms.Conversion.MapValueToKey("Label", "label")
            .Append(mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
            {
                Sentence1ColumnName = "text", Pretrained = encoder, Progress = progress is null ? [] : [progress],
                FineTuning = new()
                {
                    Epochs = settings.Epochs, BatchSize = settings.BatchSize, MaxLength = settings.MaxLength, Pooling = Pooling.Mean,
                    LearningRate = new() { Peak = settings.LearningRate, WarmupShare = 0.1 },
                },
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
}
