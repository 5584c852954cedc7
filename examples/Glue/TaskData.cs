using Microsoft.ML.PLD;

namespace Glue;

/// <summary>The data of a task: each split from the first of the root folders that has it.</summary>
internal sealed class TaskData(GlueTask task, IReadOnlyList<string> roots)
{
    public const int VocabularySize = 8_192; // at most: a short text has fewer

    private readonly Dictionary<GlueSplit, GlueData> _read = [];
    private WordPieceVocabulary? _vocabulary;
    private string? _fingerprint;

    public GlueTask Task => task;

    /// <summary>Why the task cannot be trained and measured; null if it can.</summary>
    public string? Missing => new[] { GlueSplit.Train, GlueSplit.Dev }.Where(split => !Has(split)).Select(split => (GlueSplit?)split).FirstOrDefault() is not { } split ? null
        : task.Splits.Contains(split) ? $"{task} has no {split} split in {string.Join(" or ", roots.Select(root => $"'{root}'"))}"
        : $"{task} has no training set: the MNLI model predicts it, so name MNLI too";

    /// <summary>The splits with labels to measure on; two for MNLI.</summary>
    public IEnumerable<GlueSplit> DevSplits => new[] { GlueSplit.Dev, GlueSplit.DevMismatched }.Where(Has);

    /// <summary>The splits without labels that a submission predicts.</summary>
    public IEnumerable<GlueSplit> TestSplits => new[] { GlueSplit.Test, GlueSplit.TestMismatched }.Where(Has);

    /// <summary>Differs where the data do that determine a result.</summary>
    public string Fingerprint => _fingerprint ??= Fingerprints.Of(new[] { GlueSplit.Train }.Concat(DevSplits).Select(split => Read(split).Path));

    /// <summary>Differs where the test sets do.</summary>
    public string TestFingerprint => Fingerprints.Of(TestSplits.Select(split => Read(split).Path));

    public bool Has(GlueSplit split) => task.Splits.Contains(split) && roots.Any(root => GlueReader.Exists(task, split, root));

    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public GlueData Read(GlueSplit split)
    {
        if (!_read.TryGetValue(split, out var data))
            _read[split] = data = GlueReader.Read(task, split, roots.First(root => GlueReader.Exists(task, split, root)));
        return data;
    }

    /// <summary>Learned from the training text; for models that bring none.</summary>
    public WordPieceVocabulary Vocabulary => _vocabulary ??= WordPieceTrainer.Train(
        Read(GlueSplit.Train).Examples.SelectMany(example => new[] { example.Sentence1, example.Sentence2 }), VocabularySize);
}
