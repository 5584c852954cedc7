using System.Diagnostics;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>One fine-tuning on a task of GLUE.</summary>
internal static class GlueRun
{
    /// <param name="data">The task's rows to learn from and to measure with.</param>
    /// <param name="model">The encoder to start from.</param>
    /// <param name="options">How.</param>
    /// <returns>What it predicts for the rows to measure with, a class or a score, and the seconds of training.</returns>
    public static (float[] Predicted, double Seconds) Run((GlueData Train, GlueData Test) data, BertModel model, FineTuningOptions options)
    {
        var mlContext = new MLContext(seed: 1);
        var task = data.Train.Task;
        IDataView train = View(mlContext, data.Train), test = View(mlContext, data.Test);
        var start = Stopwatch.GetTimestamp();
        using var tuned = Trainer(mlContext, task, model, options).Fit(train);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var scored = tuned.Transform(test);
        var predicted = task.Classes is null
            ? mlContext.Data.CreateEnumerable<Value>(scored, reuseRowObject: false).Select(row => row.Score)
            : mlContext.Data.CreateEnumerable<Class>(scored, reuseRowObject: false).Select(row => row.PredictedLabel ? 1f : 0);
        return ([.. predicted], seconds);
    }

    private static IEstimator<TextTransformer> Trainer(MLContext mlContext, GlueTask task, BertModel model, FineTuningOptions options)
    {
        var second = task.IsPair ? nameof(TwoClasses.Sentence2) : null;
        if (task.Classes is null)
            return mlContext.Regression.Trainers.PldBert(new PldBertRegressionTrainer.Options { Sentence2ColumnName = second, Pretrained = model, FineTuning = options });
        return task.Classes.Count == 2
            ? mlContext.BinaryClassification.Trainers.PldBert(new PldBertBinaryTrainer.Options { Sentence2ColumnName = second, Pretrained = model, FineTuning = options })
            : throw new ArgumentException($"{task.Name} has {task.Classes.Count} classes; this benchmark is for tasks of two, or of scores.");
    }

    private static IDataView View(MLContext mlContext, GlueData data) => data.Task.Classes is null
        ? mlContext.Data.LoadFromEnumerable(data.Examples.Select(example => new Scored { Sentence1 = example.Sentence1, Sentence2 = example.Sentence2 ?? "", Label = example.Label!.Value }))
        : mlContext.Data.LoadFromEnumerable(data.Examples.Select(example => new TwoClasses { Sentence1 = example.Sentence1, Sentence2 = example.Sentence2 ?? "", Label = example.Label == 1 }));

    private sealed class TwoClasses
    {
        public string Sentence1 { get; set; } = "";

        public string Sentence2 { get; set; } = "";

        public bool Label { get; set; }
    }

    private sealed class Scored
    {
        public string Sentence1 { get; set; } = "";

        public string Sentence2 { get; set; } = "";

        public float Label { get; set; }
    }

    private sealed class Value
    {
        public float Score { get; set; }
    }

    private sealed class Class
    {
        public bool PredictedLabel { get; set; }
    }
}
