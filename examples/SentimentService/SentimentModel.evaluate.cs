using Microsoft.ML;
using Microsoft.ML.PLD;

namespace SentimentService;

internal static partial class SentimentModel
{
    /// <summary>
    /// Cross-validation: each row is predicted by a model that has not seen it. With few rows this says more than one part held out, and the spread of the folds says how much to believe it.
    /// </summary>
    public static void Evaluate(SentimentSettings settings, IProgress<TrainingProgress>? progress = null)
    {
        var mlContext = new MLContext(settings.Training.Seed);
        using var encoder = BertModel.FromPretrained(settings.Training.Pretrained);
        var folds = mlContext.MulticlassClassification.CrossValidate(
            LoadData(mlContext, settings.DataSource), BuildPipeline(mlContext, settings.Training, encoder, progress), settings.Evaluation.Folds);
        foreach (var fold in folds)
        {
            Console.WriteLine($"fold {fold.Fold + 1}: accuracy {fold.Metrics.MicroAccuracy:P1}, log-loss {fold.Metrics.LogLoss:F3}");
            (fold.Model as IDisposable)?.Dispose();
        }
        var accuracies = folds.Select(fold => fold.Metrics.MicroAccuracy).ToArray();
        Console.WriteLine($"accuracy {accuracies.Average():P1}, from {accuracies.Min():P1} to {accuracies.Max():P1} over {folds.Count} folds");
        Console.WriteLine("rows: truth, columns: answer");
        var (labels, counts) = (folds[0].Metrics.ConfusionMatrix.NumberOfClasses, folds.Select(fold => fold.Metrics.ConfusionMatrix).ToArray());
        for (var truth = 0; truth < labels; truth++)
            Console.WriteLine($"  class {truth + 1}: {string.Join(' ', Enumerable.Range(0, labels).Select(answer => counts.Sum(table => table.GetCountForClassPair(answer, truth))))}");
    }
}
