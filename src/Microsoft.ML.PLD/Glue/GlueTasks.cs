namespace Microsoft.ML.PLD;

/// <summary>The nine tasks of GLUE and its diagnostic set.</summary>
/// <remarks>
/// Wang et al., "GLUE: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding", 2018; the data come from
/// https://gluebenchmark.com/tasks, each set with a licence of its own.
/// </remarks>
public static class GlueTasks
{
    /// <summary>Where the data come from.</summary>
    internal const string Source = "https://gluebenchmark.com/tasks";

    private const string IndexColumn = "index";
    private static readonly string[] ZeroOne = ["0", "1"];
    private static readonly string[] Entailment = ["entailment", "not_entailment"];
    private static readonly string[] ThreeWay = ["contradiction", "entailment", "neutral"];
    private static readonly string[] ColaColumns = ["source", "label", "star", "sentence"];

    /// <summary>All of them, in the order of the GLUE paper; AX is the last.</summary>
    public static IReadOnlyList<GlueTask> All { get; } =
    [
        new("CoLA")
        {
            Files =
            [
                new(GlueSplit.Train, "CoLA/train.tsv") { Columns = ColaColumns, Sentence1 = "sentence", Label = "label" },
                new(GlueSplit.Dev, "CoLA/dev.tsv") { Columns = ColaColumns, Sentence1 = "sentence", Label = "label" },
                new(GlueSplit.Test, "CoLA/test.tsv") { Index = IndexColumn, Sentence1 = "sentence" },
            ],
            Classes = ZeroOne, // unacceptable, acceptable
            Metrics = [GlueMetric.Matthews],
            Submissions = [new(GlueSplit.Test, "CoLA.tsv", 1_063)],
            PaperLearningRate = 5e-5,
        },
        new("SST-2")
        {
            Files =
            [
                new(GlueSplit.Train, "SST-2/train.tsv") { Sentence1 = "sentence", Label = "label" },
                new(GlueSplit.Dev, "SST-2/dev.tsv") { Sentence1 = "sentence", Label = "label" },
                new(GlueSplit.Test, "SST-2/test.tsv") { Index = IndexColumn, Sentence1 = "sentence" },
            ],
            Classes = ZeroOne, // negative, positive
            Metrics = [GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "SST-2.tsv", 1_821)],
            PaperLearningRate = 7e-5,
        },
        new("MRPC")
        {
            Files =
            [
                new(GlueSplit.Train, "MRPC/train.tsv") { Sentence1 = "#1 String", Sentence2 = "#2 String", Label = "Quality" },
                new(GlueSplit.Dev, "MRPC/dev.tsv") { Sentence1 = "#1 String", Sentence2 = "#2 String", Label = "Quality" },
                new(GlueSplit.Test, "MRPC/test.tsv") { Index = IndexColumn, Sentence1 = "#1 String", Sentence2 = "#2 String" },
            ],
            Classes = ZeroOne, // no paraphrase, paraphrase
            Metrics = [GlueMetric.F1, GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "MRPC.tsv", 1_725)],
            PaperLearningRate = 9e-5,
        },
        new("STS-B")
        {
            Files =
            [
                new(GlueSplit.Train, "STS-B/train.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "score" },
                new(GlueSplit.Dev, "STS-B/dev.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "score" },
                new(GlueSplit.Test, "STS-B/test.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
            ],
            Metrics = [GlueMetric.Pearson, GlueMetric.Spearman],
            Submissions = [new(GlueSplit.Test, "STS-B.tsv", 1_379)],
            PaperLearningRate = 7e-5,
        },
        new("QQP")
        {
            Files =
            [
                new(GlueSplit.Train, "QQP/train.tsv") { Index = "id", Sentence1 = "question1", Sentence2 = "question2", Label = "is_duplicate", MaxBrokenLines = 100 },
                new(GlueSplit.Dev, "QQP/dev.tsv") { Index = "id", Sentence1 = "question1", Sentence2 = "question2", Label = "is_duplicate", MaxBrokenLines = 100 },
                new(GlueSplit.Test, "QQP/test.tsv") { Index = "id", Sentence1 = "question1", Sentence2 = "question2" },
            ],
            Classes = ZeroOne, // other questions, duplicates
            Metrics = [GlueMetric.F1, GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "QQP.tsv", 390_965)],
            PaperLearningRate = 2e-4,
        },
        new("MNLI")
        {
            Files =
            [
                new(GlueSplit.Train, "MNLI/train.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "gold_label" },
                new(GlueSplit.Dev, "MNLI/dev_matched.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "gold_label" },
                new(GlueSplit.Dev, "MNLI/dev_matched.compact.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "gold_label" },
                new(GlueSplit.DevMismatched, "MNLI/dev_mismatched.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "gold_label" },
                new(GlueSplit.DevMismatched, "MNLI/dev_mismatched.compact.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "gold_label" },
                new(GlueSplit.Test, "MNLI/test_matched.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
                new(GlueSplit.TestMismatched, "MNLI/test_mismatched.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
            ],
            Classes = ThreeWay,
            Metrics = [GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "MNLI-m.tsv", 9_796), new(GlueSplit.TestMismatched, "MNLI-mm.tsv", 9_847)],
            PaperLearningRate = 3e-5,
        },
        new("QNLI")
        {
            Files =
            [
                new(GlueSplit.Train, "QNLI/train.tsv") { Index = IndexColumn, Sentence1 = "question", Sentence2 = "sentence", Label = "label" },
                new(GlueSplit.Dev, "QNLI/dev.tsv") { Index = IndexColumn, Sentence1 = "question", Sentence2 = "sentence", Label = "label" },
                new(GlueSplit.Test, "QNLI/test.tsv") { Index = IndexColumn, Sentence1 = "question", Sentence2 = "sentence" },
            ],
            Classes = Entailment,
            Metrics = [GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "QNLI.tsv", 5_463)],
            PaperLearningRate = 9e-5,
        },
        new("RTE")
        {
            Files =
            [
                new(GlueSplit.Train, "RTE/train.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "label" },
                new(GlueSplit.Dev, "RTE/dev.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "label" },
                new(GlueSplit.Test, "RTE/test.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
            ],
            Classes = Entailment,
            Metrics = [GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "RTE.tsv", 3_000)],
            PaperLearningRate = 7e-5,
        },
        new("WNLI")
        {
            Files =
            [
                new(GlueSplit.Train, "WNLI/train.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "label" },
                new(GlueSplit.Dev, "WNLI/dev.tsv") { Index = IndexColumn, Sentence2 = "sentence2", Label = "label" },
                new(GlueSplit.Test, "WNLI/test.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
            ],
            Classes = ZeroOne, // no entailment, entailment
            Metrics = [GlueMetric.Accuracy],
            Submissions = [new(GlueSplit.Test, "WNLI.tsv", 146)],
        },
        new("AX")
        {
            Files =
            [
                new(GlueSplit.Test, "AX/diagnostic-full.tsv") { Sentence1 = "Premise", Sentence2 = "Hypothesis", Label = "Label" },
                new(GlueSplit.Test, "AX/diagnostic.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
                // Where the usual download scripts put it.
                new(GlueSplit.Test, "diagnostic/diagnostic-full.tsv") { Sentence1 = "Premise", Sentence2 = "Hypothesis", Label = "Label" },
                new(GlueSplit.Test, "diagnostic/diagnostic.tsv") { Index = IndexColumn, Sentence2 = "sentence2" },
            ],
            Classes = ThreeWay,
            Metrics = [GlueMetric.Matthews],
            Submissions = [new(GlueSplit.Test, "AX.tsv", 1_104)],
        },
    ];

    /// <summary>The task of a name.</summary>
    /// <param name="name">CoLA, SST-2, MRPC, STS-B, QQP, MNLI, QNLI, RTE, WNLI or AX, in any case.</param>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public static GlueTask ByName(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(task => string.Equals(task.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no GLUE task '{Excerpt.Of(name)}'; expected {string.Join(", ", All.SkipLast(1))} or {All[^1]}.", nameof(name));
    }
}
