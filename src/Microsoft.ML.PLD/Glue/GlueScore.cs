namespace Microsoft.ML.PLD;

/// <summary>Averages over the tasks of GLUE. Pure functions; values may be shares or percent, as long as all are the same.</summary>
public static class GlueScore
{
    // As the columns of the paper's tables.
    private static readonly (string Task, GlueMetric Metric, bool Mismatched)[] PaperNumbers =
    [
        ("RTE", GlueMetric.Accuracy, false),
        ("MRPC", GlueMetric.F1, false),
        ("MRPC", GlueMetric.Accuracy, false),
        ("STS-B", GlueMetric.Pearson, false),
        ("STS-B", GlueMetric.Spearman, false),
        ("CoLA", GlueMetric.Matthews, false),
        ("SST-2", GlueMetric.Accuracy, false),
        ("QNLI", GlueMetric.Accuracy, false),
        ("QQP", GlueMetric.F1, false),
        ("QQP", GlueMetric.Accuracy, false),
        ("MNLI", GlueMetric.Accuracy, false),
        ("MNLI", GlueMetric.Accuracy, true),
    ];

    private static readonly string[] MeanTasks = [.. PaperNumbers.Select(number => number.Task).Distinct()];

    /// <summary>
    /// The usual mean over tasks, where a task's score is the mean of its metrics, and MNLI's that of matched and mismatched. WNLI counts where
    /// it is among the results (the leaderboard counts it; papers mostly leave it out), AX never.
    /// </summary>
    /// <param name="results">Results of development sets, or of test sets.</param>
    /// <returns>The mean over the tasks that are there; it counts their numbers, of 12, or 13 with WNLI.</returns>
    /// <exception cref="ArgumentException">A result comes twice, or is none of its task's; development and test sets are mixed; or no task is left.</exception>
    public static GlueAverage TaskMean(IEnumerable<GlueResult> results)
    {
        var tasks = Checked(results).Where(result => result.Task.Name != "AX").GroupBy(result => result.Task.Name).ToArray();
        var whole = PaperNumbers.Length + (tasks.Any(task => task.Key == "WNLI") ? 1 : 0); // the same numbers
        return tasks.Length > 0
            ? new GlueAverage(tasks.Average(task => task.Average(result => result.Value)), tasks.Sum(task => task.Count()), whole)
            : throw new ArgumentException($"There is no result of {string.Join(", ", MeanTasks)} or WNLI to average.", nameof(results));
    }

    /// <summary>
    /// The geometric mean of the twelve numbers in the tables of Zhang and He, "Accelerating Training of Transformer-Based Language Models with
    /// Progressive Layer Dropping", 2020: RTE, MRPC F1 and accuracy, STS-B Pearson and Spearman, CoLA, SST-2, QNLI, QQP F1 and accuracy, MNLI
    /// matched and mismatched. Others are left out.
    /// </summary>
    /// <param name="results">Results of development sets, or of test sets.</param>
    /// <returns>The mean over the numbers that are there, of 12; 0 where one is 0, and NaN where one is negative.</returns>
    /// <exception cref="ArgumentException">A result comes twice, or is none of its task's; development and test sets are mixed; or no number is left.</exception>
    /// <remarks>
    /// The paper's own averages, 80.7 for the published BERT, 82.1 for its baseline and 82.9 with layer dropping, are no usual mean of its rows;
    /// this one is nearest, with 80.7, 82.2 and 83.1. Compare with averages of the rows, not with those in print.
    /// </remarks>
    public static GlueAverage GeometricMean(IEnumerable<GlueResult> results)
    {
        var there = Checked(results).ToDictionary(Key, result => result.Value);
        double[] logarithms = [.. PaperNumbers.Where(there.ContainsKey).Select(number => Math.Log(there[number]))];
        return logarithms.Length > 0
            ? new GlueAverage(Math.Exp(logarithms.Average()), logarithms.Length, PaperNumbers.Length)
            : throw new ArgumentException($"There is no result of {string.Join(", ", MeanTasks)} to average.", nameof(results));
    }

    private static (string Task, GlueMetric Metric, bool Mismatched) Key(GlueResult result) => (result.Task.Name, result.Metric, result.Mismatched);

    private static GlueResult[] Checked(IEnumerable<GlueResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        GlueResult[] all = [.. results];
        var seen = new HashSet<(string, GlueMetric, bool)>();
        foreach (var result in all)
        {
            result.Task.FilesOf(result.Split);
            if (result.Split == GlueSplit.Train) throw new ArgumentException($"A result of {result.Task} is that of its training set; expected development or test sets.", nameof(results));
            if (!result.Task.Metrics.Contains(result.Metric))
                throw new ArgumentException($"A result of {result.Task} is {result.Metric}; expected {string.Join(" or ", result.Task.Metrics)}.", nameof(results));
            if (!seen.Add(Key(result))) throw new ArgumentException($"The results have {result.Task} {result.Metric} ({result.Split}) twice; expected each number once.", nameof(results));
        }
        // AX has nothing but a test set.
        if (all.Where(result => result.Task.Name != "AX").Select(result => result.Split is GlueSplit.Dev or GlueSplit.DevMismatched).Distinct().Count() > 1)
            throw new ArgumentException("The results are partly of development sets and partly of test sets; expected one kind.", nameof(results));
        return all;
    }
}
