using System.Globalization;
using Glue;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Fine-tunes the trained encoders on small tasks, all alike: the same steps, learning rate and, for a seed, order of examples.</summary>
/// <param name="config">The tasks and how they are trained.</param>
/// <param name="glue">Folders with tasks of GLUE.</param>
/// <param name="runtime">Where and how to compute.</param>
/// <param name="work">Where scores are kept.</param>
/// <param name="cancellationToken">Stops it.</param>
internal sealed class Downstream(DownstreamConfig config, IReadOnlyList<string> glue, RuntimeOptions runtime, WorkFolder work, CancellationToken cancellationToken)
{
    private readonly string _recipe = Fingerprints.OfText(FormattableString.Invariant(
        $"{config.Epochs} {config.MaxSteps} {config.LearningRate} {config.BatchSize} {config.MaxLength} {config.MaxRows}{config.Schedule}"))[..8];

    /// <exception cref="UsageException">The data of a task are not there.</exception>
    public void Check()
    {
        foreach (var task in config.Tasks.Where(task => task != DownstreamConfig.Banking77))
            if (new TaskData(GlueTasks.ByName(task), glue).Missing is { } missing) throw new UsageException($"downstream.tasks: {missing}. --glue names folders with tasks of GLUE.");
    }

    /// <summary>The score that a run is known to have.</summary>
    public DownstreamScore? Known(Run run, string task) => JsonFile.Read<DownstreamScore>(FileOf(run, task)) is { } score ? score with { Arm = run.Arm.Name } : null;

    /// <summary>Fine-tunes and measures.</summary>
    /// <param name="run">The run.</param>
    /// <param name="modelFolder">Its encoder.</param>
    /// <param name="task">The task.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public DownstreamScore Score(Run run, string modelFolder, string task)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var pretrained = BertModel.FromPretrained(modelFolder, runtime.Device);
        var mlContext = new MLContext((int)(run.Seed % int.MaxValue));
        double value;
        string metrics;
        try
        {
            (value, metrics) = task == DownstreamConfig.Banking77 ? Banking(mlContext, pretrained, run.Seed) : OfGlue(mlContext, pretrained, run.Seed, new TaskData(GlueTasks.ByName(task), glue));
        }
        catch (InvalidOperationException diverged)
        {
            (value, metrics) = (double.NaN, $"failed: {diverged.Message}");
        }
        var score = new DownstreamScore(run.Arm.Name, run.Seed, task, metrics, value);
        JsonFile.Write(FileOf(run, task), score);
        return score;
    }

    private string FileOf(Run run, string task) => Path.Combine(work.Of(run), $"downstream-{WorkFolder.FileName(task)}-{_recipe}.json");

    private (double Value, string Metrics) Banking(MLContext mlContext, BertModel pretrained, ulong seed)
    {
        // Sorted by category: shuffled, all rows in the pool, so that every seed has the same rows in the same order.
        var training = mlContext.Data.ShuffleRows(Questions("train.csv"), seed: 1, shufflePoolSize: 20_000);
        var test = mlContext.Data.ShuffleRows(Questions("test.csv"), seed: 1, shufflePoolSize: 20_000);
        if (config.MaxRows > 0) (training, test) = (mlContext.Data.TakeRows(training, config.MaxRows), mlContext.Data.TakeRows(test, config.MaxRows));
        var trainer = Trainer(mlContext, pretrained, seed, nameof(Question.Text), null);
        var model = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category)).Append(trainer).Fit(training);
        using var owned = model as IDisposable;
        var evaluation = mlContext.MulticlassClassification.Evaluate(model.Transform(test));
        return (evaluation.MicroAccuracy, "accuracy");

        IDataView Questions(string file) => mlContext.Data.LoadFromTextFile<Question>(
            Path.Combine(AppContext.BaseDirectory, "data", "banking77", file), new TextLoader.Options { Separators = [','], HasHeader = true, AllowQuoting = true, ReadMultilines = true });
    }

    private (double Value, string Metrics) OfGlue(MLContext mlContext, BertModel pretrained, ulong seed, TaskData data)
    {
        var trainer = Trainer(mlContext, pretrained, seed, nameof(LabelledText.Sentence1), data.Task.IsPair ? nameof(LabelledText.Sentence2) : null);
        var model = LabelledText.ClassToKey(mlContext, data.Task, "Label").Append(trainer).Fit(LabelledText.Of(mlContext, data.Read(GlueSplit.Train)));
        using var owned = model as IDisposable;
        var results = data.Task.Evaluate(GlueSplit.Dev, data.Read(GlueSplit.Dev).Examples.Select(example => example.Label ?? 0), Predicted(data.Read(GlueSplit.Dev)));
        return (results.Average(result => result.Value), string.Join(", ", results.Select(result => result.Metric.Name)));

        float[] Predicted(GlueData rows) => [.. model.Transform(LabelledText.Of(mlContext, rows)).GetColumn<uint>("PredictedLabel").Select(key => key - 1f)];
    }

    private PldBertMulticlassTrainer Trainer(MLContext mlContext, BertModel pretrained, ulong seed, string sentence1, string? sentence2) =>
        mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = sentence1, Sentence2ColumnName = sentence2, Pretrained = pretrained, Runtime = runtime, CancellationToken = cancellationToken,
            FineTuning = new()
            {
                Epochs = config.Epochs, Steps = config.MaxSteps, BatchSize = config.BatchSize, MaxLength = Math.Min(config.MaxLength, pretrained.Config.MaxPositions), Seed = seed,
                LearningRate = new() { Peak = config.LearningRate, WarmupShare = 0.1 }, Pooling = Pooling.Mean, LayerSchedule = config.LayerSchedule,
            },
        });

    /// <summary>In words.</summary>
    public string Description() => string.Create(CultureInfo.InvariantCulture,
        $"{string.Join(", ", config.Tasks)}: {(config.MaxSteps > 0 ? $"{config.MaxSteps} steps" : $"{config.Epochs} epochs")} of {config.BatchSize}, learning rate {config.LearningRate}, mean pooling, model of the last step{(config.Schedule.Length > 0 ? $", {config.Schedule}" : "")}");
}
