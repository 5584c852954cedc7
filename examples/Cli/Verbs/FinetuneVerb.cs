using System.CommandLine;
using Conversion;
using Glue;
using Microsoft.ML;
using Microsoft.ML.PLD;
using Spectre.Console;

namespace Cli;

/// <summary>Labelled rows and an encoder in, a model that answers out.</summary>
internal sealed class FinetuneVerb : Verb
{
    private const string Automatic = "auto";
    private const double RateOfSmall = 3e-4, RateOfLarge = 5e-5;
    private const int LargeFrom = 768;
    private static readonly FineTuningOptions Usual = new();

    private readonly DataSettings _data = new();
    private readonly Setting<string?> _validation = Settings.Path("--validation", "Rows to validate with, of the same columns. Default: a share of --data is held out.");
    private readonly Setting<double> _validationShare = Settings.Real("--validation-share", "Share of --data held out, as much of each class; 0: no validation.", 0.1, 0, 0.9);
    private readonly Setting<string> _task = Settings.Choice("--task", "What the label is: one of several classes, yes or no, or a number. auto: found from its values, and said.", Automatic, [Automatic, .. Enum.GetNames<TaskKind>().Select(name => name.ToLowerInvariant())]);
    private readonly Setting<string?> _pretrained = Settings.Path("--pretrained", "The encoder to start from: a folder of pretrain (OUTPUT/model) or of Hugging Face. Default: examples/models/pld-bert-mini of this repository.", helpName: "FOLDER");
    private readonly Setting<int> _epochs = Settings.Whole("--epochs", "Passes over the rows.", Usual.Epochs, least: 1);
    private readonly Setting<int> _steps = Settings.Whole("--steps", "Optimizer steps; 0: as many as --epochs take.", 0, least: 0);
    private readonly Setting<double?> _learningRate = Settings.RealOrNone("--learning-rate", "The highest. Default: 3e-4, and 5e-5 for encoders of hidden size 768 and more.", 0, 1);
    private readonly Setting<int?> _maxLength = Settings.WholeOrNone("--max-length", "The most tokens of a text or pair. Default: 128, or as many as the encoder has positions for.", least: 5);
    private readonly Setting<LongTexts> _longTexts = Settings.Choice("--long-texts", "What is read of longer texts.", Usual.LongTexts);
    private readonly Setting<Pooling> _pooling = Settings.Choice("--pooling", "How one vector is made of a text's tokens. Only Cls can be saved in Hugging Face's layout.", Usual.Pooling);
    private readonly Setting<ClassWeighting> _weighting = Settings.Choice("--class-weighting", "How much rows of rare classes count.", Usual.ClassWeighting);
    private readonly Setting<double> _smoothing = Settings.Real("--label-smoothing", "Share of the truth that is spread over all classes.", 0, 0, 0.99);
    private readonly Setting<ValidationMetric> _metric = Settings.Choice("--metric", "What validations are judged by: the best one's model is kept.", Usual.ValidationMetric);
    private readonly Setting<int> _patience = Settings.Whole("--patience", "End after so many validations (epochs) without a better one; 0: never.", 0, least: 0);
    private readonly Setting<double> _layerwiseDecay = Settings.Real("--layerwise-decay", "A block's learning rate over that of the block above; 1: the same.", 1, 0.01, 1);
    private readonly Setting<int> _frozen = Settings.Whole("--frozen-blocks", "So many of the lowest blocks, and the embeddings, stay as they are.", 0, least: 0);
    private readonly Setting<double> _dropout = Settings.Real("--dropout", "Share of activations that are dropped.", Usual.HiddenDropout, 0, 0.99);
    private readonly TrainingSettings _training = new("finetune-output", Usual.BatchSize, Usual.LearningRate.WarmupShare, "dense");

    public FinetuneVerb() : base("finetune", """
        Teaches an encoder to answer from labelled rows: which class, yes or no, or a number.

        --output gets model.zip (ML.NET: mlContext.Model.Load), model/ (Hugging Face's layout), report.html with the curves and what the model makes of the rows held out, tensorboard/,
        results.json with their metrics, and finetune.json, the settings.
        A tenth of the rows is held out, and the model of the best validation is kept; as they chose it, their metrics are a little too good: evaluate on other rows tells. Ctrl+C saves and
        stops; the same command goes on.

        Examples:
          pld finetune --data tickets.csv --label category                             columns "text" and "category", the shipped encoder
          pld finetune --data pairs.tsv --text question1 --text2 question2 --label same --pretrained my-bert/model
          pld finetune --data reviews.csv --text body --label stars --task number      stars as numbers, not as classes
          pld finetune --data rows.csv --no-header --text 1 --label 2 --epochs 10 --patience 2 --metric F1
        """) => Takes(
        [
            .. _data.All, _training.Output, _validation, _validationShare, _task, _pretrained, _epochs, _steps, _learningRate, _maxLength, _longTexts, _pooling, _metric, _patience, _weighting, _smoothing,
            _layerwiseDecay, _frozen, _dropout, .. _training.Learning, .. _training.Computing,
        ]);

    protected override Option<bool> Fresh => _training.Fresh;

    protected override int Run(ParseResult parsed, CancellationToken stop)
    {
        var (columns, hasHeader) = (_data.Columns(parsed), _data.HasHeader(parsed));
        var all = LabelledRows.Read(_data.Data.Name, Needed(parsed, _data.Data), hasHeader, columns, keepEmpty: false, Console.WriteLine);
        var kind = KindOf(parsed, all);
        var share = parsed.GetValue(_validationShare);
        var (training, heldOut) = parsed.GetValue(_validation) is { } file
            ? (all, LabelledRows.Read(_validation.Name, file, hasHeader, columns, keepEmpty: false, Console.WriteLine))
            : share > 0 ? all.Split(share, byLabel: kind == TaskKind.Classes || kind == TaskKind.Binary, parsed.GetValue(_training.Seed)) : (all, null);
        if (heldOut is { Rows.Count: 0 }) heldOut = null;
        CheckLabels(kind, training, heldOut);

        var path = parsed.GetValue(_pretrained) ?? ShippedModel.Find();
        if (!Directory.Exists(path)) throw new UsageException($"--pretrained: there is no folder '{path}'; expected one of pretrain (OUTPUT/model), or of Hugging Face, with config.json, a vocabulary and model.safetensors.");
        RunFolder.CheckInput(_pretrained.Name, path, parsed.GetValue(_training.Output)!);
        using var encoder = BertModel.FromPretrained(path);
        if (parsed.GetValue(_maxLength) > encoder.Config.MaxPositions) throw new UsageException($"--max-length is {parsed.GetValue(_maxLength)}; the encoder in '{path}' has positions for {encoder.Config.MaxPositions} tokens.");
        _ = _training.Runtime(parsed).Resolve();
        var asked = Effective(parsed);
        asked[InputFingerprints.Field] = InputFingerprints.Of(new FileHashes(stop), (_data.Data, [training.Path]), (_validation, parsed.GetValue(_validation) is { } rows ? [rows] : []), (_pretrained, ModelFiles.Of(path)));
        var folder = RunFolder.Open(Name, parsed.GetValue(_training.Output)!, asked, _training.Free, parsed.GetValue(_training.Fresh));
        var hasCurves = File.Exists(folder.Report);
        if (folder.IsDone) Console.WriteLine("This run has ended before; --fresh does it anew.");
        else
        {
            if (_training.Caution(parsed, encoder.Config, isTrained: true) is { IsWarning: false } caution) Console.WriteLine(caution.Message); // of what it warns, the library warns, too
            Console.WriteLine($"{training.Rows.Count:N0} rows to learn from{(heldOut is null ? "" : $", {heldOut.Rows.Count:N0} to validate with")}; the encoder: {path}");
            var mlContext = new MLContext(parsed.GetValue(_training.Seed));
            using var reports = new TrainingReports(folder, parsed.GetValue(_training.TensorBoard), "Fine-tuning");
            reports.ShowWarningsOf(mlContext, Console.Error);
            var (transformer, validation) = Train(mlContext, kind, training, heldOut, columns, HowToTrain(parsed, encoder, columns, folder, reports, stop));
            // The answers of a classifier are names, not keys.
            ITransformer whole = kind == TaskKind.Classes
                ? transformer.Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(transformer.Transform(TrainingTable.Of(mlContext, training, columns, kind))))
                : transformer;
            using var model = Model.Of(mlContext, transformer, whole);
            reports.Dispose();
            var evaluation = heldOut is null ? null : Evaluation.Of(new Answers(model, folder.ModelZip), heldOut, stop);
            WholeFile.Write(folder.ModelZip, stream => mlContext.Model.Save(whole, TrainingTable.Inputs(columns), stream));
            if (parsed.GetValue(_pooling) == Pooling.Cls) model.Save(folder.Model, quantize: null);
            else Console.WriteLine($"There is no model/ in Hugging Face's layout, which cannot say --pooling {parsed.GetValue(_pooling)}; model.zip and ONNX can.");
            folder.End(ResultJson.Of(new { Task = $"{kind}".ToLowerInvariant(), TrainingRows = training.Rows.Count, reports.Last?.Step, Seconds = reports.Last?.Elapsed.TotalSeconds, Validation = evaluation, ModelZip = folder.ModelZip }));
            evaluation?.Show(AnsiConsole.Console);
            if (validation is not null) AddTo(reports, transformer.Transform(validation), columns, kind);
            hasCurves = reports.TellFailures(Console.Error);
        }
        if (parsed.GetValue(_training.Json) is { } json) WholeFile.Write(json, folder.ReadResults());
        Console.WriteLine($"The model is {folder.ModelZip}: evaluate, predict and export take it.{(hasCurves ? $" The curves: {folder.Report}." : "")} The settings: {folder.Asked}.");
        return 0;
    }

    private TaskKind KindOf(ParseResult parsed, LabelledRows rows)
    {
        string[] labels = [.. rows.Rows.Select(row => row.Label)];
        if (labels.Distinct().Take(2).ToArray() is { Length: < 2 } one) throw TaskDetection.OneValue(one, labels.Length, rows.LabelColumn);
        if (parsed.GetValue(_task) is { } given and not Automatic) return Enum.Parse<TaskKind>(given, ignoreCase: true);
        var (kind, why) = TaskDetection.Of(labels, rows.LabelColumn);
        Console.WriteLine($"Task: {why}.");
        return kind;
    }

    private static void CheckLabels(TaskKind kind, LabelledRows training, LabelledRows? heldOut)
    {
        foreach (var rows in new[] { training, heldOut }.OfType<LabelledRows>())
        {
            if (kind == TaskKind.Binary) _ = rows.Truths();
            if (kind == TaskKind.Number) _ = rows.Numbers();
        }
        if (kind != TaskKind.Classes || heldOut is null) return;
        var known = training.Rows.Select(row => row.Label).ToHashSet();
        if (heldOut.Rows.FirstOrDefault(row => !known.Contains(row.Label)) is { } stranger)
            throw new UsageException($"{heldOut.LabelColumn} has '{stranger.Label}' in line {stranger.Line}{Nearest.Hint(stranger.Label, known)}; expected one of the {known.Count} classes of '{training.Path}'.");
    }

    // The model is there: a page that cannot be written is no reason to fail.
    private static void AddTo(TrainingReports reports, IDataView predictions, Columns columns, TaskKind kind)
    {
        try
        {
            reports.Page.AddEvaluation(predictions, columns.Text, columns.Text2, TrainingTable.LabelOf(kind), title: "Rows held out, which chose the best step");
        }
        catch (IOException) when (reports.Page.Failure is not null) // which is told with the other reports' failures
        {
        }
    }

    /// <returns>What has been trained, and the rows held out as it takes them.</returns>
    private static (TextTransformer Transformer, IDataView? Validation) Train(MLContext mlContext, TaskKind kind, LabelledRows training, LabelledRows? heldOut, Columns columns, PldBertMulticlassTrainer.Options options)
    {
        var rows = TrainingTable.Of(mlContext, training, columns, kind);
        var validation = heldOut is null ? null : TrainingTable.Of(mlContext, heldOut, columns, kind);
        switch (kind)
        {
            case TaskKind.Binary:
                var binary = mlContext.BinaryClassification.Trainers.PldBert(Same(new PldBertBinaryTrainer.Options { LabelColumnName = TrainingTable.LabelOf(kind) }, options));
                return (validation is null ? binary.Fit(rows) : binary.Fit(rows, validation), validation);
            case TaskKind.Number:
                var number = mlContext.Regression.Trainers.PldBert(Same(new PldBertRegressionTrainer.Options { LabelColumnName = TrainingTable.LabelOf(kind) }, options));
                return (validation is null ? number.Fit(rows) : number.Fit(rows, validation), validation);
            default:
                var keys = mlContext.Transforms.Conversion.MapValueToKey(options.LabelColumnName, TrainingTable.Class, keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(rows);
                var classes = mlContext.MulticlassClassification.Trainers.PldBert(options);
                if (validation is not null) validation = keys.Transform(validation);
                return (validation is null ? classes.Fit(keys.Transform(rows)) : classes.Fit(keys.Transform(rows), validation), validation);
        }
    }

    // All but the label.
    private static T Same<T>(T options, PldBertTrainerOptions from) where T : PldBertTrainerOptions => options with
    {
        Sentence1ColumnName = from.Sentence1ColumnName,
        Sentence2ColumnName = from.Sentence2ColumnName,
        Pretrained = from.Pretrained,
        FineTuning = from.FineTuning,
        Runtime = from.Runtime,
        Checkpoints = from.Checkpoints,
        Progress = from.Progress,
        CancellationToken = from.CancellationToken,
    };

    private PldBertMulticlassTrainer.Options HowToTrain(ParseResult parsed, BertModel encoder, Columns columns, RunFolder folder, TrainingReports reports, CancellationToken stop) => new()
    {
        LabelColumnName = TrainingTable.LabelOf(TaskKind.Classes), Sentence1ColumnName = columns.Text, Sentence2ColumnName = columns.Text2, Pretrained = encoder, Runtime = _training.Runtime(parsed), Progress = [reports],
        Checkpoints = _training.Checkpoints(parsed, folder), CancellationToken = stop,
        FineTuning = new()
        {
            Epochs = parsed.GetValue(_epochs), Steps = parsed.GetValue(_steps), BatchSize = parsed.GetValue(_training.BatchSize),
            MaxLength = parsed.GetValue(_maxLength) ?? Math.Min(Usual.MaxLength, encoder.Config.MaxPositions), LongTexts = parsed.GetValue(_longTexts), Pooling = parsed.GetValue(_pooling),
            LearningRate = _training.LearningRate(parsed, parsed.GetValue(_learningRate) ?? (encoder.Config.HiddenSize < LargeFrom ? RateOfSmall : RateOfLarge)), Optimizer = _training.Optimizer(parsed),
            LayerSchedule = _training.LayerSchedule(parsed, encoder.Config, isTrained: true), LayerwiseDecay = parsed.GetValue(_layerwiseDecay), FrozenBlocks = parsed.GetValue(_frozen), HiddenDropout = parsed.GetValue(_dropout),
            AttentionDropout = parsed.GetValue(_dropout), ClassWeighting = parsed.GetValue(_weighting), LabelSmoothing = parsed.GetValue(_smoothing), ValidationMetric = parsed.GetValue(_metric),
            Patience = parsed.GetValue(_patience), Seed = (ulong)parsed.GetValue(_training.Seed),
        },
    };
}
