using System.CommandLine;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>How well a pre-trained encoder guesses masked words of text that it has not seen.</summary>
internal sealed class MaskedSuite() : Suite("masked", "A pre-trained encoder on unseen text: loss and accuracy on masked pieces.")
{
    private readonly Option<DirectoryInfo> _model = new("--model") { Description = "The encoder's folder.", Required = true };
    private readonly Option<string[]> _text = new("--text") { Description = "Text files (.txt, .txt.br, .txt.gz), each measured by itself.", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _sequences = new("--sequences") { Description = "Sequences of each.", DefaultValueFactory = _ => 1_000 };

    public override IEnumerable<Option> Options => [_model, _text, _sequences];

    public override void Run(SuiteArguments arguments, Report report)
    {
        var (_, type) = new RuntimeOptions().Apply();
        using var model = BertModel.FromPretrained(arguments.Parsed.GetValue(_model)!.FullName);
        var losses = new PretrainingLosses(model, type);
        foreach (var file in arguments.Parsed.GetValue(_text)!)
        {
            using var folder = new TemporaryFolder("pld-masked");
            using var corpus = CorpusBuilder.BuildFromFiles([file], model.Tokenizer, Path.Combine(folder.Path, "shards"));
            var options = new PretrainingBatchOptions { SequenceLength = Math.Min(128, model.Config.MaxPositions), BatchSize = arguments.Parsed.GetValue(_sequences), NextSentencePrediction = model.NextSentence is not null };
            var batches = new PretrainingBatches(corpus.All, model.Tokenizer.Vocabulary, options, seed: 1, forValidation: true).Parts(0, 32);
            var (loss, accuracy, _, pairs) = losses.Validation(batches, SingleProcess.Instance);
            (string, object)[] figures =
            [
                ("text", Path.GetFileName(file)), ("tokens", corpus.TokenCount), ("sequences", options.BatchSize), ("masked", batches.Sum(batch => batch.MaskedLabels.Length)),
                ("loss", loss), ("perplexity", Math.Exp(loss)), ("accuracy", accuracy!.Value),
            ];
            report.Add(pairs is null ? figures : [.. figures, ("next sentence", pairs.Value)]);
        }
    }
}
