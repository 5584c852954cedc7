namespace Microsoft.ML.PLD.Tests;

/// <summary>A temporary folder for a corpus, and small corpora to put there.</summary>
internal sealed class CorpusFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pld-corpus-").FullName;

    /// <summary>Letters, digits and marks, alone and (letters) as continuations: "cab." is c ##a ##b and a full stop.</summary>
    public static WordPieceVocabulary Letters { get; } = WordPieceVocabulary.FromPieces(
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
        .. "abcdefghijklmnopqrstuvwxyz0123456789.,!?\"'".Select(letter => letter.ToString()),
        .. "abcdefghijklmnopqrstuvwxyz".Select(letter => $"##{letter}"),
    ]);

    /// <summary>Pieces p0, p1... after the special ones, none a continuation.</summary>
    public static WordPieceVocabulary Plain(int count) => WordPieceVocabulary.FromPieces(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. Enumerable.Range(0, count - 5).Select(i => $"p{i}")]);

    /// <summary>Writes documents of sentences of ids.</summary>
    public TokenCorpus Write(int[][][] documents, WordPieceVocabulary vocabulary, int tokensPerShard = 1 << 20)
    {
        using (var writer = new CorpusWriter(Path, vocabulary, new CorpusOptions { TokensPerShard = tokensPerShard, Overwrite = true }))
        {
            foreach (var document in documents)
            {
                foreach (var sentence in document) writer.AddSentence(sentence);
                writer.EndDocument();
            }
            writer.Publish();
        }
        return TokenCorpus.Open(Path);
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string[] Files() => [.. Directory.GetFiles(Path, "*", SearchOption.AllDirectories).Select(path => System.IO.Path.GetRelativePath(Path, path)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
