using Glue;
using Microsoft.ML.PLD;

namespace Compare;

/// <summary>Text to learn from: vocabulary and token shards, made once in the work folder.</summary>
internal sealed class PreparedText
{
    private const int Probes = 64;
    private readonly TextSource _source;

    private PreparedText(TextSource source, string folder, string fingerprint)
    {
        (_source, Fingerprint) = (source, fingerprint);
        Tokenizer = source.Tokenizer ?? WordPieceTokenizer.FromVocabularyFile(Path.Combine(folder, "vocab.txt"), source.LowerCase);
        Shards = Path.Combine(folder, "shards");
        ValidationShards = source.ValidationText.Count > 0 ? Path.Combine(folder, "validation-shards") : null;
    }

    /// <summary>Differs where the text or the vocabulary do.</summary>
    public string Fingerprint { get; }

    public WordPieceTokenizer Tokenizer { get; }

    public string Shards { get; }

    /// <summary>Null: a share at the end of <see cref="Shards"/> is held out.</summary>
    public string? ValidationShards { get; }

    /// <summary>Held-out lines, to measure with what blocks do.</summary>
    public IReadOnlyList<string> ProbeTexts => field ??= [.. (ValidationShards is null ? Lines(_source).Where(HasText).TakeLast(Probes) : CorpusBuilder.ReadLines(_source.ValidationText).Where(HasText).Take(Probes)).Select(line => line!)];

    /// <param name="source">Names the text.</param>
    /// <param name="work">Where it goes.</param>
    /// <param name="hashes">Of files, some of which may have been read already.</param>
    /// <param name="say">Told what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="UsageException">A file or folder is not there.</exception>
    public static PreparedText Of(TextSource source, WorkFolder work, FileHashes hashes, Action<string> say, CancellationToken cancellationToken)
    {
        string[] files = [.. source.Text.Concat(source.ValidationText).SelectMany(SourceFiles.Of)];
        var fingerprint = Fingerprints.OfText(FormattableString.Invariant(
            $"{Fingerprints.Of(files, hashes)} {source.Text.Count} {source.ValidationText.Count} {source.TextLines} {source.VocabularySize}{source.Own}"));
        var folder = work.Of($"text-{fingerprint}");
        var ready = Path.Combine(folder, "ready");
        if (!File.Exists(ready))
        {
            say(source.Tokenizer is null ? $"Learning a vocabulary of {source.VocabularySize} word pieces, and making shards" : "Making shards");
            Directory.CreateDirectory(folder);
            var tokenizer = source.Tokenizer ?? Learn(source, cancellationToken);
            tokenizer.Vocabulary.Save(Path.Combine(folder, "vocab.txt"));
            var options = new CorpusOptions { Overwrite = true };
            CorpusBuilder.Build(Lines(source), tokenizer, Path.Combine(folder, "shards"), options, cancellationToken).Dispose();
            if (source.ValidationText.Count > 0)
                CorpusBuilder.BuildFromFiles(source.ValidationText, tokenizer, Path.Combine(folder, "validation-shards"), options, cancellationToken).Dispose();
            WholeFile.Write(ready, "");
        }
        return new PreparedText(source, folder, fingerprint);
    }

    /// <summary>In words.</summary>
    public string Description() => FormattableString.Invariant(
        $"{string.Join(", ", _source.Text.Select(Path.GetFileName))}{(_source.TextLines > 0 ? $", {_source.TextLines} lines" : "")}; held out: ")
        + (ValidationShards is null ? "a share of it" : string.Join(", ", _source.ValidationText.Select(Path.GetFileName)))
        + FormattableString.Invariant($"; vocabulary of {Tokenizer.Vocabulary.Count}");

    private static WordPieceTokenizer Learn(TextSource source, CancellationToken cancellationToken)
    {
        var lines = Lines(source).Select(line =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return line;
        });
        return new(WordPieceTrainer.Train(lines, source.VocabularySize, new WordPieceTrainerOptions { LowerCase = source.LowerCase }), source.LowerCase);
    }

    private static IEnumerable<string?> Lines(TextSource source) =>
        source.TextLines > 0 ? CorpusBuilder.ReadLines(source.Text).Take(source.TextLines) : CorpusBuilder.ReadLines(source.Text);

    private static bool HasText(string? line) => !string.IsNullOrWhiteSpace(line);
}
