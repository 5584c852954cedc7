using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>The text that all arms learn from: vocabulary and token shards, made once in the work folder.</summary>
internal sealed class PreparedText
{
    private const int Probes = 64;
    private readonly ComparisonConfig _config;

    private PreparedText(ComparisonConfig config, string folder, string fingerprint)
    {
        (_config, Fingerprint) = (config, fingerprint);
        Tokenizer = WordPieceTokenizer.FromVocabularyFile(Path.Combine(folder, "vocab.txt"));
        Shards = Path.Combine(folder, "shards");
        ValidationShards = config.ValidationText.Count > 0 ? Path.Combine(folder, "validation-shards") : null;
        ProbeTexts = [.. (ValidationShards is null ? Lines(config).Where(HasText).TakeLast(Probes) : CorpusBuilder.ReadLines(config.ValidationText).Where(HasText).Take(Probes)).Select(line => line!)];
    }

    /// <summary>Differs where the text or the vocabulary do.</summary>
    public string Fingerprint { get; }

    public WordPieceTokenizer Tokenizer { get; }

    public string Shards { get; }

    /// <summary>Null: a share at the end of <see cref="Shards"/> is held out.</summary>
    public string? ValidationShards { get; }

    /// <summary>Held-out lines, to measure with what blocks do.</summary>
    public IReadOnlyList<string> ProbeTexts { get; }

    /// <param name="config">Names the text.</param>
    /// <param name="work">Where it goes.</param>
    /// <param name="say">Told what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="UsageException">A file or folder is not there.</exception>
    public static PreparedText Of(ComparisonConfig config, WorkFolder work, Action<string> say, CancellationToken cancellationToken)
    {
        string[] files = [.. config.Text.Concat(config.ValidationText).SelectMany(FilesOf)];
        var fingerprint = Fingerprints.OfText(FormattableString.Invariant(
            $"{Fingerprints.Of(files)} {config.Text.Count} {config.ValidationText.Count} {config.TextLines} {config.VocabularySize}"));
        var folder = work.Of($"text-{fingerprint}");
        var ready = Path.Combine(folder, "ready");
        if (!File.Exists(ready))
        {
            say($"Learning a vocabulary of {config.VocabularySize} word pieces, and making shards");
            Directory.CreateDirectory(folder);
            var vocabulary = WordPieceTrainer.Train(Lines(config), config.VocabularySize);
            vocabulary.Save(Path.Combine(folder, "vocab.txt"));
            var (tokenizer, options) = (new WordPieceTokenizer(vocabulary), new CorpusOptions { Overwrite = true });
            CorpusBuilder.Build(Lines(config), tokenizer, Path.Combine(folder, "shards"), options, cancellationToken).Dispose();
            if (config.ValidationText.Count > 0)
                CorpusBuilder.BuildFromFiles(config.ValidationText, tokenizer, Path.Combine(folder, "validation-shards"), options, cancellationToken).Dispose();
            WholeFile.Write(ready, "");
        }
        return new PreparedText(config, folder, fingerprint);
    }

    /// <summary>In words.</summary>
    public string Description() => FormattableString.Invariant(
        $"{string.Join(", ", _config.Text.Select(Path.GetFileName))}{(_config.TextLines > 0 ? $", {_config.TextLines} lines" : "")}; held out: ")
        + (ValidationShards is null ? "a share of it" : string.Join(", ", _config.ValidationText.Select(Path.GetFileName)))
        + FormattableString.Invariant($"; vocabulary of {Tokenizer.Vocabulary.Count}");

    private static IEnumerable<string?> Lines(ComparisonConfig config) =>
        config.TextLines > 0 ? CorpusBuilder.ReadLines(config.Text).Take(config.TextLines) : CorpusBuilder.ReadLines(config.Text);

    private static bool HasText(string? line) => !string.IsNullOrWhiteSpace(line);

    private static IEnumerable<string> FilesOf(string path) => File.Exists(path) ? [path]
        : Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        : throw new UsageException($"text: there is no file or folder '{path}'.");
}
