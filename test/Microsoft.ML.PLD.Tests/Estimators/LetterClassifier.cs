using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.PLD;
using Microsoft.ML.PLD.Tests;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(LetterClassifier), typeof(ModelLoader<LetterClassifier>), null, typeof(SignatureLoadModel),
    "Classes by letters", "LetterClassifier")]

namespace Microsoft.ML.PLD.Tests;

/// <summary>The smallest classifier that there can be: compares counts of letters with those of the classes.</summary>
public sealed class LetterClassifier : TextTransformer, ILoadableModel<LetterClassifier>
{
    private readonly LabelMap _labels;
    private readonly LetterScorer _scorer;

    internal LetterClassifier(IHostEnvironment environment, TextColumns texts, LabelMap labels, LetterScorer scorer)
        : base(environment, texts, scorer, OutputsFor(labels)) => (_labels, _scorer) = (labels, scorer);

    static ModelFormat ILoadableModel<LetterClassifier>.Format { get; } = new("LetterClassifier", "LETTERSC");

    internal static IReadOnlyList<OutputColumn> OutputsFor(LabelMap labels) =>
        [new PredictedLabelColumn("PredictedLabel", labels), new ClassScoreColumn("Score", labels)];

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<LetterClassifier>(context,
    [
        new ModelEntry("options.json", stream =>
            JsonSerializer.Serialize(stream, new Options(Texts.First, Texts.Second, _scorer.Letters, _scorer.Means!))),
        new ModelEntry("labels.json", _labels.Save),
    ]);

    static LetterClassifier ILoadableModel<LetterClassifier>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var options = entries.Read("options.json", stream => JsonSerializer.Deserialize<Options>(stream))!;
        return new LetterClassifier(environment, new TextColumns(options.First, options.Second), entries.Read("labels.json", LabelMap.Load),
            new LetterScorer(options.Letters, options.Means));
    }

    private sealed record Options(string First, string? Second, string Letters, float[] Means);
}

/// <summary>Learns the mean counts of each class.</summary>
internal sealed class LetterTrainer(IHostEnvironment environment, string label, string first, string? second = null)
    : TextEstimator<LetterClassifier>(environment, seed: null, new TrainingColumns(new TextColumns(first, second), InputColumn.KeyLabel(label)))
{
    private const string Letters = "abcdefg";

    private protected override LetterClassifier Fit(TrainingData data, HostLog log)
    {
        var (counter, labels) = (new LetterScorer(Letters), data.Labels!);
        var means = new float[labels.Count * Letters.Length];
        var rows = new int[labels.Count];
        foreach (var row in data.Rows())
        {
            rows[row.Class]++;
            var counts = counter.Count(row.First, row.Second);
            for (var i = 0; i < counts.Length; i++)
                means[row.Class * Letters.Length + i] += counts[i];
        }
        for (var i = 0; i < means.Length; i++) means[i] /= Math.Max(rows[i / Letters.Length], 1);
        log.Info($"Learnt {labels.Count} classes.");
        return new LetterClassifier(Host, Columns.Texts, labels, new LetterScorer(Letters, means));
    }

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) =>
        LetterClassifier.OutputsFor(LabelMap.PromisedBy(label!.Value));
}
