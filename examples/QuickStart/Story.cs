using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.PLD;
using Microsoft.ML.Transforms;

namespace QuickStart;

/// <summary>The example itself, step by step.</summary>
internal sealed class Story(Plan plan, int seed, string outputFolder) : IDisposable
{
    // Each the best of several on a part of the training questions that was held out (docs/benchmarks, theme "quickstart").
    private const double PretrainedRate = 3e-3, ScratchRate = 1e-3;

    private readonly MLContext _mlContext = new(seed);
    private readonly Results _results = new();
    private readonly ConsoleProgress _console = new();
    private readonly TrainingReport _report = new(Path.Combine(outputFolder, "report.html"), "banking77: pre-training with layer dropping, and what it brings");

    public Results Tell()
    {
        var clock = Stopwatch.StartNew();
        Directory.CreateDirectory(outputFolder);
        var data = new ShippedData(_mlContext);
        var (training, test) = (_mlContext.Data.TakeRows(data.Training, plan.LabelledRows), data.Test);

        Title("1. Pre-train an encoder of 12 blocks on novels and on questions without their categories");
        using var encoder = Pretrain(data.UnlabelledText(plan.Paragraphs));
        encoder.Model.SavePretrained(Path.Combine(outputFolder, "encoder"));

        Title("2. Fine-tune it on the questions");
        using var model = FineTune(training, PretrainedRate, pretrained: encoder.Model);
        _results.AccuracyPretrained = Evaluate(model, test, "Pre-trained, fine-tuned");

        Title("3. The same model and the same steps without pre-training");
        using (var scratch = FineTune(training, ScratchRate, alike: encoder.Model)) _results.AccuracyScratch = Evaluate(scratch, test, "From scratch");

        Title("4. What ML.NET has for this: FeaturizeText and SdcaMaximumEntropy");
        _results.AccuracySdca = Sdca(training, test);

        Title("5. Save, load, predict");
        _results.ModelZip = Path.Combine(outputFolder, "model.zip");
        _mlContext.Model.Save(model, training.Schema, _results.ModelZip);
        Predict("I still have not received my new card", "Why was I charged twice for the same coffee?", "How do I change my PIN?");

        _results.Seconds = clock.Elapsed.TotalSeconds;
        Summarize();
        return _results;
    }

    public void Dispose()
    {
        _console.Dispose();
        _report.Dispose();
    }

    private PldBertTransformer Pretrain(IDataView text)
    {
        var log = new ProgressLog();
        using var tensorBoard = new TensorBoardProgress(Path.Combine(outputFolder, "tensorboard"));
        var lines = _mlContext.Data.CreateEnumerable<Paragraph>(text, reuseRowObject: true).Select(paragraph => paragraph.Text);
        var options = new PldBertEstimator.Options
        {
            Config = BertConfig.Mini with { HiddenSize = 128, IntermediateSize = 512, AttentionHeads = 2, MaxPositions = 128 },
            Vocabulary = WordPieceTrainer.Train(lines, vocabularySize: 8_192), // without it, Fit learns one
            EmptyRowsEndDocuments = true,
            Pretraining = new() { BatchSize = 32, SequenceLength = 64, LayerSchedule = new ProgressiveLayerDrop(thetaBar: 0.5), LearningRate = new() { Peak = 2e-3, WarmupShare = 0.05 } },
            MaxLength = 64,
            Progress = [_console, log, tensorBoard, _report],
        };
        _results.PretrainingSteps = plan.StepsThatFit(_mlContext, text, options);
        options = options with { Pretraining = options.Pretraining with { Steps = _results.PretrainingSteps } };

        var encoder = _mlContext.Transforms.PldBert("Features", nameof(Paragraph.Text), options).Fit(text);
        (_results.PretrainingLossFirst, _results.PretrainingLossLast) = (log.Losses.Take(10).Average(), log.Losses.TakeLast(10).Average());
        (_results.ValidationMaskedAccuracyFirst, _results.ValidationMaskedAccuracyLast) = (log.ValidationAccuracies[0], log.ValidationAccuracies[^1]);
        Console.WriteLine($"{encoder.Model.ParameterCount:N0} weights; loss {_results.PretrainingLossFirst:F2} -> {_results.PretrainingLossLast:F2}, "
            + $"masked words guessed right {_results.ValidationMaskedAccuracyFirst:P1} -> {_results.ValidationMaskedAccuracyLast:P1} (held-out text)");
        return encoder;
    }

    /// <param name="training">Questions to learn from.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="pretrained">The encoder to start from, or null.</param>
    /// <param name="alike">When there is none to start from: the encoder to be like.</param>
    private TransformerChain<KeyToValueMappingTransformer> FineTune(IDataView training, double learningRate, BertModel? pretrained = null, BertModel? alike = null)
    {
        var options = new PldBertMulticlassTrainer.Options
        {
            Sentence1ColumnName = nameof(Question.Text),
            Pretrained = pretrained,
            FineTuning = new() { Epochs = plan.FineTuningEpochs, MaxLength = 64, LearningRate = new() { Peak = learningRate, WarmupShare = 0.1 }, Pooling = Pooling.Mean },
            Progress = [_console, _report],
        };
        if (alike is not null) options = options with { Config = alike.Config, Vocabulary = alike.Tokenizer.Vocabulary };

        return _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category))
            .Append(_mlContext.MulticlassClassification.Trainers.PldBert(options))
            .Append(_mlContext.Transforms.Conversion.MapKeyToValue("PredictedCategory", "PredictedLabel"))
            .Fit(training);
    }

    private double Sdca(IDataView training, IDataView test) => Evaluate(
        _mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Question.Category))
            .Append(_mlContext.Transforms.Text.FeaturizeText("Features", nameof(Question.Text)))
            .AppendCacheCheckpoint(_mlContext)
            .Append(_mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy())
            .Fit(training),
        test, "FeaturizeText + SDCA");

    private double Evaluate(ITransformer model, IDataView test, string title)
    {
        var predictions = model.Transform(test);
        var metrics = _mlContext.MulticlassClassification.Evaluate(predictions);
        _report.AddEvaluation(predictions, nameof(Question.Text), title: title);
        Console.WriteLine($"accuracy {metrics.MicroAccuracy:P1} on {test.GetColumn<string>(nameof(Question.Text)).Count():N0} test questions, log-loss {metrics.LogLoss:F3}");
        return metrics.MicroAccuracy;
    }

    private void Predict(params string[] texts)
    {
        var loaded = _mlContext.Model.Load(_results.ModelZip, out _);
        using var engine = _mlContext.Model.CreatePredictionEngine<Question, Answer>(loaded);
        foreach (var text in texts)
        {
            var answer = engine.Predict(new Question { Text = text });
            Console.WriteLine($"  {text}  ->  {answer.PredictedCategory} ({answer.Score.Max():P0})");
        }
    }

    private void Summarize()
    {
        Title("Done");
        Console.WriteLine($"""
            accuracy on banking77, 77 categories:
              pre-trained with layer dropping  {_results.AccuracyPretrained:P1}
              the same from scratch            {_results.AccuracyScratch:P1}
              FeaturizeText + SDCA             {_results.AccuracySdca:P1}
            {_results.Seconds / 60:F1} minutes in all. In {outputFolder}:
              report.html   all of it as a page: curves, confusion, calibration, mistakes; open it in a browser
              model.zip     the whole ML.NET pipeline: mlContext.Model.Load
              encoder       the pre-trained encoder in Hugging Face's layout: BertModel.FromPretrained
              tensorboard   curves: tensorboard --logdir tensorboard
            """);
    }

    private static void Title(string text) => Console.WriteLine($"\n{text}");

    private sealed class Answer
    {
        public string PredictedCategory { get; set; } = "";

        public float[] Score { get; set; } = [];
    }

    private sealed class ProgressLog : IProgress<TrainingProgress>
    {
        public List<double> Losses { get; } = [];

        public List<double> ValidationAccuracies { get; } = [];

        public void Report(TrainingProgress value)
        {
            Losses.Add(value.Loss);
            if (value.ValidationAccuracy is { } accuracy) ValidationAccuracies.Add(accuracy);
        }
    }
}
