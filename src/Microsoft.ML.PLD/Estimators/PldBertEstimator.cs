using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.PLD;

/// <summary>
/// Pre-trains a BERT encoder with progressive layer dropping on a text column, and makes a transformer that adds a column with a vector for each text.
/// </summary>
/// <remarks>
/// <para>Made by <see cref="PldBertCatalog.PldBert(TransformsCatalog, string, string, PldBertEstimator.Options)"/>.</para>
/// <list type="table">
/// <item><term>Task</term><description>Self-supervised pre-training: masked language modelling, and next-sentence prediction if asked for</description></item>
/// <item><term>Input column</term><description><see cref="System.String"/>; missing text is empty text</description></item>
/// <item><term>Output column</term><description>Known-sized vector of <see cref="System.Single"/>, <see cref="BertConfig.HiddenSize"/> long</description></item>
/// <item><term>Is caching required?</term><description>No: the data are read twice to learn a vocabulary, once with a given one</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, by the transformer's SaveAsOnnx, from tokens on</description></item>
/// </list>
/// Zhang and He, "Accelerating Training of Transformer-Based Language Models with Progressive Layer Dropping", NeurIPS 2020.
/// </remarks>
public sealed class PldBertEstimator : TextEstimator<PldBertTransformer>
{
    /// <summary>Options of <see cref="PldBertEstimator"/>.</summary>
    public sealed record Options
    {
        /// <summary>
        /// The encoder to go on from, with its architecture and vocabulary, for example on text of your own domain; it is copied, not changed. Null trains a new
        /// one. Default: null.
        /// </summary>
        public BertModel? Pretrained { get; init; }

        /// <summary>The architecture when <see cref="Pretrained"/> is null. Default: <see cref="BertConfig.Mini"/>.</summary>
        public BertConfig Config { get; init; } = BertConfig.Mini;

        /// <summary>How to pre-train.</summary>
        public PretrainingOptions Pretraining { get; init; } = new();

        /// <summary>Where and how to compute.</summary>
        public RuntimeOptions Runtime { get; init; } = new();

        /// <summary>How the run survives: its checkpoints, and where it resumes. Default: no checkpoints.</summary>
        public CheckpointOptions Checkpoints { get; init; } = new();

        /// <summary>The vocabulary when <see cref="Pretrained"/> is null; null learns one from the text. Default: null.</summary>
        public WordPieceVocabulary? Vocabulary { get; init; }

        /// <summary>The number of word pieces to learn when there is neither <see cref="Pretrained"/> nor <see cref="Vocabulary"/>; fewer when the text has no more. Default: 8,192.</summary>
        public int VocabularySize { get; init; } = 8_192;

        /// <summary>Whether text is put into lower case and stripped of accents, as in bert-base-uncased, when <see cref="Pretrained"/> is null. Default: true.</summary>
        public bool LowerCase { get; init; } = true;

        /// <summary>
        /// Whether a document goes on over several rows and ends at a row without text, as in a file with a paragraph a line and a blank line between
        /// documents. ML.NET's text loader skips blank lines: <see cref="CorpusBuilder.ReadLines"/> has them. Default: false, each row is a document.
        /// </summary>
        public bool EmptyRowsEndDocuments { get; init; }

        /// <summary>How the transformer makes one vector of a text's tokens. Default: their mean.</summary>
        public Pooling Pooling { get; init; } = Pooling.Mean;

        /// <summary>The most tokens that the transformer reads of a text; the rest is cut off. Default: 128.</summary>
        public int MaxLength { get; init; } = 128;

        /// <summary>
        /// Who is told of every step, beside <c>mlContext.Log</c>: for example <see cref="ConsoleProgress"/>, <see cref="TrainingReport"/>, <see cref="TensorBoardProgress"/>, or your own.
        /// Default: nobody.
        /// </summary>
        public IReadOnlyList<IProgress<TrainingProgress>> Progress { get; init; } = [];

        /// <summary>
        /// Stops the reading of text, and the training before its next micro-batch; cancelling the <see cref="MLContext"/>, as AutoML does, does so too. A training
        /// that is stopped writes a checkpoint, and does what <see cref="CheckpointOptions.WhenCancelled"/> says.
        /// </summary>
        public CancellationToken CancellationToken { get; init; }

        internal BertConfig Architecture => Pretrained?.Config ?? Config;

        internal IEnumerable<string> Problems()
        {
            var missing = OptionProblems.Missing((nameof(Config), Config), (nameof(Pretraining), Pretraining), (nameof(Runtime), Runtime), (nameof(Checkpoints), Checkpoints), (nameof(Progress), Progress));
            return missing.Count > 0 ? missing : ProblemsOfParts();
        }

        private IEnumerable<string> ProblemsOfParts()
        {
            if (Pretrained is null)
                foreach (var problem in Config.Problems().Select(problem => $"Config.{problem}").Concat(new VocabularyChoice(Vocabulary, VocabularySize, LowerCase).Problems())) yield return problem;
            if (Pretrained is not null && Vocabulary is not null && Vocabulary.Sha256 != Pretrained.Tokenizer.Vocabulary.Sha256)
                yield return VocabularyChoice.OfAnother;
            foreach (var problem in Runtime.Problems()) yield return $"Runtime.{problem}";
            foreach (var problem in Checkpoints.Problems()) yield return $"Checkpoints.{problem}";
            foreach (var problem in Pretraining.Problems().Concat(Pretraining.Problems(Architecture))) yield return $"Pretraining.{problem}";
            if (!Enum.IsDefined(Pooling)) yield return $"Pooling is {Pooling}; expected Cls, Mean or Max.";
            if (MaxLength < 3 || MaxLength > Architecture.MaxPositions)
                yield return $"MaxLength is {MaxLength}; expected 3 to {Architecture.MaxPositions} (BertConfig.MaxPositions).";
        }
    }

    private readonly Options _options;
    private readonly string _outputColumnName;

    internal PldBertEstimator(IHostEnvironment environment, string outputColumnName, string inputColumnName, Options options)
        : base(environment, Checked(options).Pretraining.Seed, new TrainingColumns(new TextColumns(inputColumnName)))
    {
        _outputColumnName = outputColumnName;
        _options = options;
    }

    private protected override CancellationToken CancellationToken => _options.CancellationToken;

    private protected override PldBertTransformer Fit(TrainingData data, HostLog log)
    {
        _options.Runtime.Apply(); // first: a device that is not there is said before anything is read
        using var folder = new TemporaryFolder("pld-corpus-");
        var (tokenizer, pretrainer, read) = DistributedJob.For(_options.Runtime).Together(() => Prepare(data, folder.Path, log));
        using var corpus = read;
        if (_options.Pretrained is not null) log.Info(FormattableString.Invariant($"Going on from a pre-trained encoder of {_options.Pretrained.ParameterCount:N0} weights."));
        foreach (var caution in ScheduleCautions.Of(_options.Pretraining.LayerSchedule, _options.Architecture, _options.Pretrained is not null)) log.Warning(caution);
        log.Info(string.Create(CultureInfo.InvariantCulture, $"Pre-training on {corpus.TokenCount:N0} tokens in {corpus.DocumentCount:N0} documents, {_options.Pretraining.Steps:N0} steps of "
            + $"{_options.Pretraining.BatchSize} sequences of {_options.Pretraining.SequenceLength} tokens: "
            + $"{(double)_options.Pretraining.Steps * _options.Pretraining.BatchSize * _options.Pretraining.SequenceLength / corpus.TokenCount:0.##} passes over the text."));
        var progress = new CombinedProgress([new LogProgress(log.Info, log.Warning), .. _options.Progress], log.Warning);
        var model = pretrainer.Train(corpus, tokenizer, progress, CheckAlive);
        return new PldBertTransformer(Host, Columns.Texts.First, _outputColumnName, model, _options.Pooling, _options.MaxLength, _options.Runtime.Precision);
    }

    private (WordPieceTokenizer Tokenizer, BertPretrainer Pretrainer, TokenCorpus Corpus) Prepare(TrainingData data, string folder, HostLog log)
    {
        var tokenizer = _options.Pretrained?.Tokenizer
            ?? new VocabularyChoice(_options.Vocabulary, _options.VocabularySize, _options.LowerCase).Resolve(Columns.Texts.First, () => data.Rows().Select(row => row.First.ToString()), log);
        var pretraining = _options.Pretraining with { Seed = SeedOf(_options.Checkpoints, DistributedJob.For(_options.Runtime)) };
        var pretrainer = _options.Pretrained is { } start
            ? new BertPretrainer(start, pretraining, _options.Runtime, _options.Checkpoints)
            : new BertPretrainer(_options.Config, pretraining, _options.Runtime, _options.Checkpoints);
        return (tokenizer, pretrainer, BuildCorpus(data, tokenizer, folder));
    }

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) =>
        [new FeaturesColumn(_outputColumnName, _options.Architecture.HiddenSize)];

    private static Options Checked(Options options)
    {
        OptionProblems.ThrowIfAny($"{nameof(PldBertEstimator)}.{nameof(Options)}", options.Problems());
        return options;
    }

    private TokenCorpus BuildCorpus(TrainingData data, WordPieceTokenizer tokenizer, string folder)
    {
        try
        {
            return CorpusBuilder.Build(Lines(data), tokenizer, Path.Combine(folder, "shards"), cancellationToken: CancellationToken);
        }
        catch (InvalidDataException failure) // there is no text in it
        {
            throw new InvalidOperationException(
                $"Column '{Columns.Texts.First}' has nothing to learn from: all rows are empty, or hold no word that the vocabulary can spell. "
                + "Is Vocabulary, or Pretrained, of another language or script?", failure);
        }
    }

    private IEnumerable<string?> Lines(TrainingData data)
    {
        foreach (var row in data.Rows())
        {
            yield return row.First.ToString();
            if (!_options.EmptyRowsEndDocuments) yield return null;
        }
    }
}
