using System.Text.Json;
using Microsoft.ML.PLD;

namespace OnnxScoring;

/// <summary>An ONNX model and the tokenizer that lies beside it: text in, numbers out. Safe for use from several threads.</summary>
internal sealed class TextSession : IDisposable
{
    private readonly TokenSession _session;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly string[] _labels;

    public TextSession(string path)
    {
        _session = new TokenSession(path);
        MaxLength = int.Parse(_session.Metadata["max_length"]);
        _labels = _session.Metadata.TryGetValue("labels", out var labels) ? JsonSerializer.Deserialize<string[]>(labels)! : [];
        _tokenizer = WordPieceTokenizer.FromVocabularyFile(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "vocab.txt"), _session.Metadata["lower_case"] == "true");
        // Of an encoder the one with a vector for each text, of a fine-tuned model the one for people.
        Output = _session.Outputs.Keys.Last();
    }

    public int MaxLength { get; }

    public string Output { get; }

    /// <summary>The numbers of each text.</summary>
    /// <param name="texts">At least one; with its second part, for models of pairs.</param>
    /// <param name="output">Of the model; null: <see cref="Output"/>.</param>
    public float[][] Score(IEnumerable<(string First, string? Second)> texts, string? output = null)
    {
        TokenizedText[] encoded = [.. texts.Select(text => _tokenizer.Encode(text.First, text.Second, MaxLength))];
        var scores = _session.Run(encoded, _tokenizer.Vocabulary.PadId, output ?? Output)[output ?? Output];
        return [.. scores.Chunk(scores.Length / encoded.Length)];
    }

    /// <summary>A row's tokens, filled up to the most there can be.</summary>
    public void Tokens(TextRow row, TokenRow tokens)
    {
        var text = _tokenizer.Encode(row.Text, maxLength: MaxLength, pad: true);
        (tokens.Ids, tokens.Mask, tokens.Types) = (Widened(text.Ids), Widened(text.AttentionMask), Widened(text.TypeIds));
    }

    public string Describe(float[] scores)
    {
        if (_labels.Length == scores.Length && scores.Length > 1) return $"{_labels[Array.IndexOf(scores, scores.Max())]} ({scores.Max():P1})";
        return scores.Length == 1 ? $"{scores[0]:F3}" : $"[{string.Join(", ", scores.Take(3).Select(score => $"{score:F2}"))}, ...]";
    }

    public void Dispose() => _session.Dispose();

    private static long[] Widened(int[] values) => Array.ConvertAll(values, value => (long)value);
}
