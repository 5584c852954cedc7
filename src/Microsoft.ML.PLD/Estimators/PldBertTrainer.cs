using Microsoft.ML.Runtime;
using TorchSharp;

namespace Microsoft.ML.PLD;

/// <summary>Fine-tunes an encoder on labelled texts, or pairs of sentences: what the trainers for classes, truth values and numbers have in common.</summary>
/// <typeparam name="TTransformer">What it makes.</typeparam>
public abstract class PldBertTrainer<TTransformer> : TextEstimator<TTransformer> where TTransformer : TextTransformer
{
    private readonly PldBertTrainerOptions _options;

    internal PldBertTrainer(IHostEnvironment environment, PldBertTrainerOptions options, Func<string, InputColumn> label)
        : base(environment, Checked(options).FineTuning.Seed, new TrainingColumns(
            new TextColumns(options.Sentence1ColumnName, options.Sentence2ColumnName), label(options.LabelColumnName),
            options.ExampleWeightColumnName is { } weight ? InputColumn.Weight(weight) : null)) =>
        _options = options;

    /// <summary>Learns from all rows of <paramref name="trainData"/> and validates with those of <paramref name="validationData"/>.</summary>
    /// <param name="trainData">The rows to learn from.</param>
    /// <param name="validationData">The rows to validate with, of the same columns and classes; instead of <see cref="PldBertTrainerOptions.ValidationSet"/>.</param>
    /// <inheritdoc cref="TextEstimator{TTransformer}.Fit(IDataView)" path="/exception"/>
    public TTransformer Fit(IDataView trainData, IDataView validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        ArgumentNullException.ThrowIfNull(validationData);
        using var log = new HostLog(Host, "Training");
        return Fit(Read(trainData), Read(validationData, forValidation: true), log);
    }

    private protected override CancellationToken CancellationToken => _options.CancellationToken;

    private protected override TTransformer Fit(TrainingData data, HostLog log) =>
        Fit(data, _options.ValidationSet is { } validation ? Read(validation, forValidation: true) : null, log);

    /// <summary>What the network is to learn.</summary>
    /// <param name="labels">The classes, or null.</param>
    /// <param name="targets">Those of the rows to learn from.</param>
    private protected abstract IObjective ObjectiveFor(LabelMap? labels, IReadOnlyList<double> targets);

    /// <param name="predictor">Owned by the result.</param>
    /// <param name="labels">The classes, or null.</param>
    private protected abstract TTransformer Make(BertPredictor predictor, LabelMap? labels);

    private TTransformer Fit(TrainingData data, TrainingData? validation, HostLog log)
    {
        var (device, type) = _options.Runtime.Apply(); // first: a device that is not there is said before anything is read
        var ranks = DistributedJob.For(_options.Runtime);
        var (predictor, task) = ranks.Together(() => Prepare(data, validation, device, type, log));
        try
        {
            var progress = new CombinedProgress([new LogProgress(log.Info, log.Warning), .. _options.Progress], log.Warning);
            predictor.Training = new TrainingLoop(task, _options.Checkpoints, progress, CheckAlive).Run();
            // A run that was stopped, and is to return what it has, is not to be stopped again.
            ranks.Together(() => task.Finish(_options.Checkpoints.WhenCancelled == CancellationResult.Throw ? CheckAlive : null));
            return Make(predictor, data.Labels);
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }

    private (BertPredictor Predictor, FineTuningTask Task) Prepare(TrainingData data, TrainingData? validation, torch.Device device, torch.ScalarType type, HostLog log)
    {
        if (validation is { Labels: { } theirs } && !data.Labels!.IsSameAs(theirs))
            throw new InvalidOperationException(
                $"The keys of the label column '{_options.LabelColumnName}' stand for other classes in the validation set ({theirs.Count}) than in the rows to learn from "
                + $"({data.Labels.Count}): make both with the same MapValueToKey transformer.");
        var fineTuning = _options.FineTuning with { Seed = SeedOf(_options.Checkpoints, DistributedJob.For(_options.Runtime)) };
        var tokenizer = _options.Pretrained?.Tokenizer
            ?? new VocabularyChoice(_options.Vocabulary, _options.VocabularySize, _options.LowerCase).Resolve(Columns.Texts.First, () => TextsOf(data), log);
        var encoding = new TextEncoding(tokenizer, fineTuning.MaxLength, fineTuning.LongTexts, fineTuning.WindowStride);
        var (examples, heldOut) = Split(Examples(data, encoding), validation is null ? null : Examples(validation, encoding), data.Labels, fineTuning);
        Warn(fineTuning, heldOut is not null, log);

        var objective = ObjectiveFor(data.Labels, examples.Targets);
        var config = _options.Architecture with { VocabularySize = _options.Pretrained?.Config.VocabularySize ?? tokenizer.Vocabulary.Count };
        var predictor = new BertPredictor(config, tokenizer, objective.Outputs, fineTuning.Pooling, device, fineTuning.RunSeed);
        try
        {
            Initialize(predictor, fineTuning.ReinitializedBlocks, log);
            log.Info(Summary(examples, heldOut, data.Labels, fineTuning));
            return (predictor, new FineTuningTask(predictor, objective, examples, heldOut, fineTuning, _options.Runtime, type));
        }
        catch
        {
            predictor.Dispose();
            throw;
        }
    }

    // Options that are allowed, and seldom meant.
    private void Warn(FineTuningOptions fineTuning, bool isValidated, HostLog log)
    {
        if (!isValidated && (fineTuning.Patience > 0 || fineTuning.ValidationMetric != ValidationMetric.Loss))
            log.Warning("There is nothing to validate with, and so no early stopping and no best model: set ValidationShare, or give a validation set.");
        var turnsToSome = fineTuning.ClassWeights is not null || fineTuning.ClassWeighting != ClassWeighting.Equal || fineTuning.FocalLossGamma > 0;
        if (isValidated && turnsToSome && fineTuning is { ValidationMetric: ValidationMetric.Loss, RestoreBest: true })
            log.Warning("Class weights or the focal loss are in use, but the best validation is chosen by the unweighted loss, which prefers models that ignore them: set FineTuning.ValidationMetric to F1 or MatthewsCorrelation (binary classification: also AreaUnderRocCurve).");
        foreach (var caution in ScheduleCautions.Of(fineTuning.LayerSchedule, _options.Architecture, _options.Pretrained is not null)) log.Warning(caution);
    }

    private TrainingExamples Examples(TrainingData data, TextEncoding encoding)
    {
        var examples = new TrainingExamples();
        var isPair = _options.Sentence2ColumnName is not null;
        foreach (var row in data.Rows()) examples.Add(encoding.Encode(row.First, isPair ? row.Second.ToString() : null), row.Target, row.Weight);
        return examples;
    }

    private static (TrainingExamples Examples, TrainingExamples? HeldOut) Split(TrainingExamples all, TrainingExamples? validation, LabelMap? labels, FineTuningOptions options)
    {
        IReadOnlyList<int> rows = [.. Enumerable.Range(0, all.Targets.Count)];
        if (validation is null && options.ValidationShare > 0)
        {
            var held = HeldOutRows.Draw(all.Targets, options.ValidationShare, options.RunSeed, byClass: labels is not null);
            validation = all.Select(held);
            rows = [.. rows.Except(held)];
        }
        if (labels is not null && ClassWeights.Of(labels, [.. rows.Select(row => (int)all.Targets[row])], options) is { } weights)
        {
            int[] counted = [.. rows.Where(row => weights[(int)all.Targets[row]] > 0)];
            if (counted.Select(row => all.Targets[row]).Distinct().Count() < 2)
                throw new InvalidOperationException("ClassWeights leaves rows of fewer than two classes with a weight above 0; a classifier needs at least two.");
            return (all.Select(counted, row => all.Weights[row] * weights[(int)all.Targets[row]]), validation);
        }
        return (rows.Count == all.Targets.Count ? all : all.Select(rows), validation);
    }

    private static string Summary(TrainingExamples examples, TrainingExamples? heldOut, LabelMap? labels, FineTuningOptions options)
    {
        var inWindows = examples.Texts.Count > examples.Targets.Count;
        var windows = inWindows ? FormattableString.Invariant($" in {examples.Texts.Count:N0} windows") : "";
        var validation = heldOut is null ? "" : FormattableString.Invariant($" {heldOut.Targets.Count:N0} rows are held out for validation.");
        return FormattableString.Invariant(
            $"Fine-tuning on {examples.Targets.Count:N0} rows{windows}{(labels is null ? "" : $" of {labels.Count} classes")}, {options.StepsFor(examples.Texts.Count):N0} steps of {options.BatchSize} {(inWindows ? "windows" : "rows")}.{validation}");
    }

    private void Initialize(BertPredictor predictor, int reinitialized, HostLog log)
    {
        if (_options.Pretrained is null)
        {
            log.Warning("No pre-trained encoder was given (Pretrained is null): a new one is trained from scratch on the labelled rows alone, which takes many more of them."
                + (_options.FineTuning.FrozenBlocks > 0 ? " FrozenBlocks keeps some of its blocks as they were drawn at random." : ""));
            return;
        }
        using var use = _options.Pretrained.Use();
        var layers = predictor.Config.Layers;
        var fresh = predictor.Weights.CopyFrom(_options.Pretrained.Weights, except: name => reinitialized > 0
            && (name.StartsWith(PredictionHead.PoolerName, StringComparison.Ordinal) || LayerwiseRate.DepthOf(name, layers) is var depth && depth <= layers && depth > layers - reinitialized));
        var some = fresh.Count > 6 ? $"{string.Join(", ", fresh.Take(3))}, ... {fresh.Count} in all" : string.Join(", ", fresh);
        log.Info(FormattableString.Invariant($"Starting from a pre-trained encoder of {_options.Pretrained.ParameterCount:N0} weights; new: {some}."));
    }

    private static PldBertTrainerOptions Checked(PldBertTrainerOptions options)
    {
        OptionProblems.ThrowIfAny($"{options.GetType().DeclaringType!.Name}.{options.GetType().Name}", options.Problems());
        return options;
    }

    private static IEnumerable<string> TextsOf(TrainingData data)
    {
        foreach (var row in data.Rows())
        {
            yield return row.First.ToString();
            if (!row.Second.IsEmpty) yield return row.Second.ToString();
        }
    }
}
