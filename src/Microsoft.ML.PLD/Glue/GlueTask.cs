namespace Microsoft.ML.PLD;

/// <summary>A task of GLUE as data: its files, labels, metrics and submission.</summary>
/// <param name="Name">The official name: <c>RTE</c>.</param>
public sealed record GlueTask(string Name)
{
    /// <summary>The files, in order of preference where a split has several forms.</summary>
    public required IReadOnlyList<GlueFile> Files { get; init; }

    /// <summary>The names of the classes in the files, in the order of their numbers. Default: null, labels are scores from 0 to 5.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>The official metrics, in the order of the tables.</summary>
    public required IReadOnlyList<GlueMetric> Metrics { get; init; }

    /// <summary>The files of a submission.</summary>
    public required IReadOnlyList<GlueSubmissionFile> Submissions { get; init; }

    /// <summary>
    /// The learning rate of fine-tuning in Zhang and He, "Accelerating Training of Transformer-Based Language Models with Progressive Layer
    /// Dropping", 2020, for models pre-trained with progressive layer dropping; null for the tasks that the paper leaves out.
    /// </summary>
    public double? PaperLearningRate { get; init; }

    /// <summary>Whether an example has two texts.</summary>
    public bool IsPair => Files[0].Sentence2 is not null;

    /// <summary>The splits that the task has.</summary>
    public IReadOnlyList<GlueSplit> Splits => [.. Files.Select(file => file.Split).Distinct()];

    /// <summary>The values of all official metrics.</summary>
    /// <param name="split">The split that the rows are of.</param>
    /// <param name="labels">What is right, as in <see cref="GlueExample.Label"/>.</param>
    /// <param name="predicted">What was predicted, row by row, likewise.</param>
    /// <returns>One result a metric, in the order of <see cref="Metrics"/>.</returns>
    /// <exception cref="ArgumentException">The lengths differ, or are 0; or the task has classes, and a value is no whole number.</exception>
    public IReadOnlyList<GlueResult> Evaluate(GlueSplit split, IEnumerable<float> labels, IEnumerable<float> predicted)
    {
        float[] right = [.. labels], answers = [.. predicted];
        return [.. Metrics.Select(metric => new GlueResult(this, split, metric, metric.Of(right, answers)))];
    }

    /// <summary><see cref="Name"/>.</summary>
    public override string ToString() => Name;

    internal IReadOnlyList<GlueFile> FilesOf(GlueSplit split)
    {
        GlueFile[] files = [.. Files.Where(file => file.Split == split)];
        return files.Length > 0 ? files : throw new ArgumentException($"The GLUE task {Name} has no split {split}; it has {string.Join(", ", Splits)}.", nameof(split));
    }
}
