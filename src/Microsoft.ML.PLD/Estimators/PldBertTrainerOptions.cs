namespace Microsoft.ML.PLD;

/// <summary>What the options of all fine-tuning trainers have in common.</summary>
public abstract record PldBertTrainerOptions
{
    private protected PldBertTrainerOptions()
    {
    }

    /// <summary>The column with what is to be predicted. Default: Label.</summary>
    public string LabelColumnName { get; init; } = "Label";

    /// <summary>The column with the text, or the first sentence of a pair. Default: Sentence1.</summary>
    public string Sentence1ColumnName { get; init; } = "Sentence1";

    /// <summary>The column with the second sentence of a pair; null for single texts. Default: null.</summary>
    public string? Sentence2ColumnName { get; init; }

    /// <summary>
    /// The column that says how much each row counts in training, a number of at least 0; null: all count the same. Only its proportions matter; rows of weight 0 are left
    /// out. Default: null.
    /// </summary>
    public string? ExampleWeightColumnName { get; init; }

    /// <summary>The column to add with the score. Default: Score.</summary>
    public string ScoreColumnName { get; init; } = "Score";

    /// <summary>The encoder to start from; it is copied, not changed. Null trains a new one from scratch, and says so in the log. Default: null.</summary>
    public BertModel? Pretrained { get; init; }

    /// <summary>
    /// The rows to validate with, of the same columns and classes as those to learn from; null: what <see cref="FineTuningOptions.ValidationShare"/> says. Default: null.
    /// </summary>
    public IDataView? ValidationSet { get; init; }

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

    /// <summary>The number of word pieces to learn when there is neither <see cref="Pretrained"/> nor <see cref="Vocabulary"/>; fewer when the text has no more. Default: 8,192.</summary>
    public int VocabularySize { get; init; } = 8_192;

    /// <summary>Whether text is put into lower case and stripped of accents, as in bert-base-uncased, when <see cref="Pretrained"/> is null. Default: true.</summary>
    public bool LowerCase { get; init; } = true;

    /// <inheritdoc cref="PldBertEstimator.Options.Progress"/>
    public IReadOnlyList<IProgress<TrainingProgress>> Progress { get; init; } = [];

    /// <inheritdoc cref="PldBertEstimator.Options.CancellationToken"/>
    public CancellationToken CancellationToken { get; init; }

    internal BertConfig Architecture => Pretrained?.Config ?? Config;

    /// <summary>The columns that are added, with the names of the options that name them.</summary>
    private protected abstract IEnumerable<(string Option, string Column)> Outputs { get; }

    /// <summary>What the options of fine-tuning must be for this kind of trainer.</summary>
    private protected abstract IEnumerable<string> ProblemsOfKind();

    internal IEnumerable<string> Problems() => Problems(Pretrained?.Config);

    /// <param name="architecture">Of a network that there is; null: one of <see cref="Config"/> is to be made.</param>
    internal IEnumerable<string> Problems(BertConfig? architecture)
    {
        var missing = OptionProblems.Missing((nameof(Config), Config), (nameof(FineTuning), FineTuning), (nameof(Runtime), Runtime), (nameof(Checkpoints), Checkpoints), (nameof(Progress), Progress));
        return missing.Count > 0 ? missing : ProblemsOfParts(architecture);
    }

    private IEnumerable<string> ProblemsOfParts(BertConfig? architecture)
    {
        if (architecture is null)
            foreach (var problem in Config.Problems().Select(problem => $"Config.{problem}").Concat(new VocabularyChoice(Vocabulary, VocabularySize, LowerCase).Problems())) yield return problem;
        if (Pretrained is not null && Vocabulary is not null && Vocabulary.Sha256 != Pretrained.Tokenizer.Vocabulary.Sha256) yield return VocabularyChoice.OfAnother;
        foreach (var problem in Runtime.Problems()) yield return $"Runtime.{problem}";
        foreach (var problem in Checkpoints.Problems()) yield return $"Checkpoints.{problem}";
        if (string.IsNullOrEmpty(LabelColumnName)) yield return "LabelColumnName is empty.";
        if (string.IsNullOrEmpty(Sentence1ColumnName)) yield return "Sentence1ColumnName is empty.";
        if (Sentence2ColumnName is "") yield return "Sentence2ColumnName is empty; expected a column, or null for single texts.";
        if (ExampleWeightColumnName is "") yield return "ExampleWeightColumnName is empty; expected a column, or null: all rows count the same.";
        var seen = new Dictionary<string, string>();
        foreach (var (option, column) in Outputs)
        {
            if (string.IsNullOrEmpty(column)) yield return $"{option} is empty.";
            else if (!seen.TryAdd(column, option)) yield return $"{seen[column]} and {option} are both '{column}'.";
        }
        foreach (var problem in FineTuning.Problems().Concat(FineTuning.Problems(architecture ?? Config)).Concat(ProblemsOfKind())) yield return $"FineTuning.{problem}";
    }
}
