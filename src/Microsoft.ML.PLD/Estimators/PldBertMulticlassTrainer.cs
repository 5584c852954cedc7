using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>Fine-tunes a pre-trained encoder to classify texts, or pairs of sentences.</summary>
/// <remarks>
/// <para>Made by <see cref="PldBertCatalog.PldBert(MulticlassClassificationCatalog.MulticlassClassificationTrainers, PldBertMulticlassTrainer.Options)"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Multiclass classification</description></item>
/// <item><term>Input columns</term><description>One or two columns of <see cref="System.String"/>; missing text is empty text</description></item>
/// <item><term>Label column</term><description>Key, as <c>MapValueToKey</c> makes it; a row without a label is an error</description></item>
/// <item><term>Output columns</term><description>Score: probability of each class, the slots named after the classes; PredictedLabel: key</description></item>
/// <item><term>Is caching required?</term><description>No: tokens are kept in memory</description></item>
/// <item><term>Exportable to ONNX</term><description>No</description></item>
/// </list>
/// </remarks>
public sealed class PldBertMulticlassTrainer : TextEstimator<PldBertMulticlassTransformer>
{
    /// <summary>Options of <see cref="PldBertMulticlassTrainer"/>.</summary>
    public sealed record Options
    {
        /// <summary>The column with the class to be predicted, a key. Default: Label.</summary>
        public string LabelColumnName { get; init; } = "Label";

        /// <summary>The column with the text, or the first sentence of a pair. Default: Sentence1.</summary>
        public string Sentence1ColumnName { get; init; } = "Sentence1";

        /// <summary>The column with the second sentence of a pair; null for single texts. Default: null.</summary>
        public string? Sentence2ColumnName { get; init; }

        /// <summary>The column to add with the probability of each class. Default: Score.</summary>
        public string ScoreColumnName { get; init; } = "Score";

        /// <summary>The column to add with the most probable class. Default: PredictedLabel.</summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        /// <summary>The encoder to start from; it is copied, not changed. Null trains a new one from scratch, and says so in the log. Default: null.</summary>
        public BertModel? Pretrained { get; init; }

        /// <summary>How to fine-tune.</summary>
        public FineTuningOptions FineTuning { get; init; } = new();

        /// <summary>Where and how to compute.</summary>
        public RuntimeOptions Runtime { get; init; } = new();

        /// <inheritdoc cref="PldBertEstimator.Options.Checkpoints"/>
        public CheckpointOptions Checkpoints { get; init; } = new();

        /// <summary>The architecture when <see cref="Pretrained"/> is null. Default: <see cref="BertConfig.Mini"/>.</summary>
        public BertConfig Config { get; init; } = BertConfig.Mini;

        /// <summary>The vocabulary when <see cref="Pretrained"/> is null; null learns one from the text. Default: null.</summary>
        public WordPieceVocabulary? Vocabulary { get; init; }

        /// <summary>The number of word pieces to learn when there is neither <see cref="Pretrained"/> nor <see cref="Vocabulary"/>. Default: 8,192.</summary>
        public int VocabularySize { get; init; } = 8_192;

        /// <summary>Whether text is put into lower case when <see cref="Pretrained"/> is null. Default: true.</summary>
        public bool LowerCase { get; init; } = true;

        /// <inheritdoc cref="PldBertEstimator.Options.Progress"/>
        public IReadOnlyList<IProgress<TrainingProgress>> Progress { get; init; } = [];

        /// <inheritdoc cref="PldBertEstimator.Options.CancellationToken"/>
        public CancellationToken CancellationToken { get; init; }

        internal BertConfig Architecture => Pretrained?.Config ?? Config;

        internal IEnumerable<string> Problems()
        {
            var missing = OptionProblems.Missing((nameof(Config), Config), (nameof(FineTuning), FineTuning), (nameof(Runtime), Runtime), (nameof(Checkpoints), Checkpoints), (nameof(Progress), Progress));
            return missing.Count > 0 ? missing : ProblemsOfParts();
        }

        private IEnumerable<string> ProblemsOfParts()
        {
            if (Pretrained is null)
                foreach (var problem in Config.Problems()) yield return $"Config.{problem}";
            foreach (var problem in Runtime.Problems()) yield return $"Runtime.{problem}";
            foreach (var problem in Checkpoints.Problems()) yield return $"Checkpoints.{problem}";
            if (string.IsNullOrEmpty(ScoreColumnName)) yield return "ScoreColumnName is empty.";
            if (string.IsNullOrEmpty(PredictedLabelColumnName)) yield return "PredictedLabelColumnName is empty.";
            if (ScoreColumnName == PredictedLabelColumnName) yield return $"ScoreColumnName and PredictedLabelColumnName are both '{ScoreColumnName}'.";
            foreach (var problem in FineTuning.Problems().Concat(FineTuning.Problems(Architecture))) yield return $"FineTuning.{problem}";
        }
    }

    private readonly Options _options;

    internal PldBertMulticlassTrainer(IHostEnvironment environment, Options options)
        : base(
            environment, Checked(options).FineTuning.Seed, new TextColumns(options.Sentence1ColumnName, options.Sentence2ColumnName),
            InputColumn.KeyLabel(options.LabelColumnName))
    {
        _options = options;
    }

    private protected override CancellationToken CancellationToken => _options.CancellationToken;

    private protected override PldBertMulticlassTransformer Fit(TrainingData data, HostLog log)
    {
        var (device, type) = _options.Runtime.Apply(); // first: a device that is not there is said before anything is read
        var fineTuning = _options.FineTuning with { Seed = SeedOf(_options.Checkpoints) };
        var tokenizer = _options.Pretrained?.Tokenizer
            ?? new VocabularyChoice(_options.Vocabulary, _options.VocabularySize, _options.LowerCase).Resolve(Texts.First, () => TextsOf(data), log);
        var encoding = new TextEncoding(tokenizer, fineTuning.MaxLength);
        var isPair = _options.Sentence2ColumnName is not null;
        List<TokenizedText> texts = [];
        List<int> classes = [];
        foreach (var row in data.Rows())
        {
            texts.Add(encoding.Encode(row.First, isPair ? row.Second.ToString() : null));
            classes.Add(row.Class);
        }

        var config = _options.Architecture with { VocabularySize = tokenizer.Vocabulary.Count };
        var classifier = new BertClassifier(config, tokenizer, data.Labels!.Count, fineTuning.Pooling, device, fineTuning.RunSeed);
        try
        {
            Initialize(classifier, log);
            log.Info($"Fine-tuning on {texts.Count:N0} rows of {data.Labels.Count} classes, {fineTuning.StepsFor(texts.Count):N0} steps of {fineTuning.BatchSize} rows.");
            var progress = new CombinedProgress([new LogProgress(log.Info), .. _options.Progress], log.Warning);
            new TrainingLoop(new FineTuningTask(classifier, texts, classes, fineTuning, _options.Runtime, type), _options.Checkpoints, progress, CheckAlive).Run();
            return new PldBertMulticlassTransformer(Host, _options, classifier, data.Labels);
        }
        catch
        {
            classifier.Dispose();
            throw;
        }
    }

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) =>
        PldBertMulticlassTransformer.Columns(_options.ScoreColumnName, _options.PredictedLabelColumnName, LabelMap.PromisedBy(label!.Value));

    private static Options Checked(Options options)
    {
        OptionProblems.ThrowIfAny($"{nameof(PldBertMulticlassTrainer)}.{nameof(Options)}", options.Problems());
        return options;
    }

    private void Initialize(BertClassifier classifier, HostLog log)
    {
        if (_options.Pretrained is null)
        {
            log.Warning("No pre-trained encoder was given (Pretrained is null): a new one is trained from scratch on the labelled rows alone, which takes many more of them.");
            return;
        }
        using var use = _options.Pretrained.Use();
        var fresh = classifier.Weights.CopyFrom(_options.Pretrained.Weights);
        log.Info($"Starting from a pre-trained encoder of {_options.Pretrained.ParameterCount:N0} weights; new: {string.Join(", ", fresh)}.");
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
