using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;

namespace Glue;

/// <summary>Trains a model on a task, and lets it predict.</summary>
internal sealed class FineTuning(RuntimeOptions runtime, CancellationToken cancellationToken)
{
    private const double WarmupShare = 0.1;
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromMinutes(2); // what a killed run loses at most

    /// <summary>What this example decides by itself and results depend on, as part of their keys: who changes any of it, here or in words, makes them anew.</summary>
    public static string Recipe { get; } = FormattableString.Invariant(
        $"warm-up {WarmupShare} of the steps, linear decay, the library's defaults else; model of the last step; own vocabularies of {TaskData.VocabularySize}");

    /// <summary>The predictions of a fine-tuned model.</summary>
    public sealed class Model(MLContext mlContext, ITransformer transformer, CancellationToken cancellationToken) : IDisposable
    {
        /// <returns>One value a row: the class's number, or the score.</returns>
        /// <exception cref="OperationCanceledException">The program is to end.</exception>
        public float[] Predict(GlueData data)
        {
            var scored = transformer.Transform(LabelledText.Of(mlContext, data));
            var values = data.Task.Classes is null
                ? scored.GetColumn<float>("Score")
                : scored.GetColumn<uint>("PredictedLabel").Select(key => key - 1f);
            var predicted = new List<float>(data.Examples.Count);
            foreach (var value in values)
            {
                cancellationToken.ThrowIfCancellationRequested();
                predicted.Add(value);
            }
            return [.. predicted];
        }

        public void Dispose() => (transformer as IDisposable)?.Dispose();
    }

    /// <summary>Trains to the last step, whose model counts: nothing is held out, and the development set chooses nothing here.</summary>
    /// <param name="arm">The encoder.</param>
    /// <param name="data">The task.</param>
    /// <param name="key">Learning rate, seed and the like.</param>
    /// <param name="checkpoints">The run's own folder: a run that was stopped or killed goes on.</param>
    /// <param name="progress">Told of every step.</param>
    /// <exception cref="OperationCanceledException">The program is to end; a checkpoint is written.</exception>
    /// <exception cref="TrainingDivergedException">The losses are no numbers.</exception>
    public Model Fit(Arm arm, TaskData data, RunKey key, string checkpoints, IProgress<TrainingProgress> progress)
    {
        var mlContext = new MLContext(key.Seed);
        var training = data.Read(GlueSplit.Train);
        var rows = LabelledText.Of(mlContext, training);
        if (data.Task.Classes is null)
        {
            var options = Common(new PldBertRegressionTrainer.Options { LabelColumnName = nameof(LabelledText.Grade) });
            return new Model(mlContext, mlContext.Regression.Trainers.PldBert(options).Fit(rows), cancellationToken);
        }
        else
        {
            var options = Common(new PldBertMulticlassTrainer.Options { LabelColumnName = "Label" });
            var pipeline = LabelledText.ClassToKey(mlContext, data.Task, options.LabelColumnName).Append(mlContext.MulticlassClassification.Trainers.PldBert(options));
            return new Model(mlContext, pipeline.Fit(rows), cancellationToken);
        }

        T Common<T>(T options) where T : PldBertTrainerOptions => options with
        {
            Sentence1ColumnName = nameof(LabelledText.Sentence1),
            Sentence2ColumnName = data.Task.IsPair ? nameof(LabelledText.Sentence2) : null,
            Pretrained = arm.Pretrained,
            Config = arm.Config,
            Vocabulary = arm.Pretrained is null ? arm.Tokenizer?.Vocabulary ?? data.Vocabulary : null,
            LowerCase = arm.Tokenizer?.LowerCase ?? true,
            FineTuning = new()
            {
                Epochs = key.Epochs, Steps = Steps(key, training.Examples.Count), BatchSize = key.BatchSize, MaxLength = key.MaxLength, Seed = (ulong)key.Seed,
                LearningRate = new() { Peak = key.LearningRate, WarmupShare = WarmupShare },
            },
            Runtime = runtime,
            // The signals are the program's: see Program.
            Checkpoints = new() { Folder = checkpoints, ResumeFrom = CheckpointOptions.Latest, Interval = CheckpointInterval, SaveOnSignals = false },
            CancellationToken = cancellationToken,
            Progress = [progress],
        };
    }

    /// <summary>0 where the epochs decide.</summary>
    internal static long Steps(RunKey key, int rows)
    {
        var ofEpochs = key.Epochs * (((long)rows + key.BatchSize - 1) / key.BatchSize);
        return key.MaxSteps > 0 && key.MaxSteps < ofEpochs ? key.MaxSteps : 0;
    }
}
