using System.Security.Cryptography;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>A small training with all that has a state or a draw in it, which a process of its own runs and others kill.</summary>
/// <param name="Name">What it trains.</param>
/// <param name="Precision">Of the activations.</param>
/// <param name="Seed">Of the run.</param>
internal sealed record TrainingCase(string Name, Precision Precision, ulong Seed)
{
    public const string Pretraining = "pretraining", FineTuning = "fine-tuning";
    public const long Steps = 400;

    public static readonly BertConfig Config = new() { HiddenSize = 64, Layers = 5, AttentionHeads = 4, IntermediateSize = 111, MaxPositions = 64 };
    private static readonly RuntimeOptions Runtime = new() { Device = "cpu", Workers = 2, MicroBatchSize = 3, Threads = 2 };
    private static readonly LearningRateSchedule Rate = new() { Peak = 2e-3, WarmupShare = 0.3 };

    public static IEnumerable<TrainingCase> All(ulong seed) =>
        from precision in new[] { Precision.Float32, Precision.BFloat16 }
        from name in new[] { Pretraining, FineTuning }
        select new TrainingCase(name, precision, seed);

    /// <summary>Runs it, in this process.</summary>
    /// <param name="text">The prepared text.</param>
    /// <param name="checkpoints">Where it goes on, and is kept.</param>
    /// <param name="progress">Told of every step.</param>
    public void Run(PreparedText text, CheckpointOptions checkpoints, IProgress<TrainingProgress> progress)
    {
        var runtime = Runtime with { Precision = Precision };
        if (Name == Pretraining)
        {
            var options = new PretrainingOptions
            {
                Steps = Steps, BatchSize = 11, SequenceLength = 37, NextSentencePrediction = true, WholeWordMasking = true, HiddenDropout = 0.1, AttentionDropout = 0.1,
                ValidationInterval = 90, ValidationSequences = 13, LearningRate = Rate, Seed = Seed,
            };
            new BertPretrainer(Config, options, runtime, checkpoints).Train(text.CorpusFolder, text.Tokenizer, progress).Dispose();
            return;
        }
        // As an application has it: an estimator of ML.NET.
        var mlContext = new MLContext(seed: 1);
        var trainer = mlContext.MulticlassClassification.Trainers.PldBert(new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = nameof(Question.Text), Config = Config, Vocabulary = text.Tokenizer.Vocabulary, Runtime = runtime, Checkpoints = checkpoints, Progress = [progress],
            FineTuning = new() { Steps = Steps, BatchSize = 13, MaxLength = 32, LayerSchedule = new ProgressiveLayerDrop(0.6), LearningRate = Rate, Seed = Seed },
        });
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category)).Append(trainer);
        ((IDisposable)pipeline.Fit(mlContext.Data.LoadFromEnumerable(text.Questions())).LastTransformer).Dispose();
    }

    /// <summary>What must be equal, whatever happened on the way: weights and optimizer after the last step.</summary>
    public static string Result(string folder)
    {
        var last = Path.Combine(folder, $"step-{Steps:D10}");
        return string.Join(' ', new[] { "model.safetensors", "optimizer.safetensors" }.Select(file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(last, file))))));
    }
}
