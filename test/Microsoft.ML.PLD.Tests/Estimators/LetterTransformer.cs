using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.PLD;
using Microsoft.ML.PLD.Tests;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(LetterTransformer), typeof(ModelLoader<LetterTransformer>), null, typeof(SignatureLoadModel),
    "Counts of letters", "LetterTransformer")]

namespace Microsoft.ML.PLD.Tests;

/// <summary>The smallest transformer that there can be: adds the counts of some letters.</summary>
public sealed class LetterTransformer : TextTransformer, ILoadableModel<LetterTransformer>
{
    private readonly ITextScorer _scorer;

    internal LetterTransformer(IHostEnvironment environment, TextColumns texts, string output, ITextScorer scorer)
        : base(environment, texts, scorer, [new FeaturesColumn(output, scorer.Width)]) => _scorer = scorer;

    static ModelFormat ILoadableModel<LetterTransformer>.Format { get; } = new("LetterTransformer", "LETTERST");

    private protected override void Save(ModelSaveContext context) => MLNetAccess.Save<LetterTransformer>(context,
    [
        new ModelEntry("options.json", stream =>
            JsonSerializer.Serialize(stream, new Options(Texts.First, Texts.Second, Outputs[0].Name, ((LetterScorer)_scorer).Letters))),
    ]);

    static LetterTransformer ILoadableModel<LetterTransformer>.Load(IHostEnvironment environment, SavedEntries entries)
    {
        var options = entries.Read("options.json", stream => JsonSerializer.Deserialize<Options>(stream))!;
        return new LetterTransformer(environment, new TextColumns(options.First, options.Second), options.Output, new LetterScorer(options.Letters));
    }

    private sealed record Options(string First, string? Second, string Output, string Letters);
}

/// <summary>Learns which letters there are.</summary>
internal sealed class LetterEstimator(IHostEnvironment environment, string output, string first, string? second = null)
    : TextEstimator<LetterTransformer>(environment, seed: null, new TrainingColumns(new TextColumns(first, second)))
{
    private const int Letters = 5;

    private protected override LetterTransformer Fit(TrainingData data, HostLog log)
    {
        var frequent = data.Rows().SelectMany(row => row.First.ToString()).GroupBy(letter => letter)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key).Take(Letters);
        var scorer = new LetterScorer(string.Concat(frequent.Select(group => group.Key)));
        log.Info($"The letters are {{{scorer.Letters}}}.");
        return new LetterTransformer(Host, Columns.Texts, output, scorer);
    }

    private protected override IReadOnlyList<OutputColumn> PromisedOutputs(SchemaShape.Column? label) => [new FeaturesColumn(output, Letters)];
}
