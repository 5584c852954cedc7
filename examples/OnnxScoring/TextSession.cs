using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PLD;

namespace OnnxScoring;

/// <summary>An ONNX model and its tokenizer: text in, numbers out. Safe for use from several threads.</summary>
internal sealed class TextSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly string[] _labels;

    public TextSession(string path)
    {
        _session = new InferenceSession(path);
        var facts = _session.ModelMetadata.CustomMetadataMap;
        MaxLength = int.Parse(facts["max_length"]);
        _labels = facts.TryGetValue("labels", out var labels) ? JsonSerializer.Deserialize<string[]>(labels)! : [];
        _tokenizer = WordPieceTokenizer.FromVocabularyFile(Path.Combine(Path.GetDirectoryName(path)!, "vocab.txt"), facts["lower_case"] == "true");
        // Of an encoder the one with a vector for each text, of a fine-tuned model the one for people.
        Output = _session.OutputNames[^1];
    }

    public int MaxLength { get; }

    public string Output { get; }

    public float[][] Score(IReadOnlyList<string> texts)
    {
        var encoded = texts.Select(text => _tokenizer.Encode(text, maxLength: MaxLength)).ToArray();
        var length = encoded.Max(text => text.Ids.Length);
        long[] shape = [encoded.Length, length];
        OrtValue Input(Func<TokenizedText, int[]> part, long padding) => OrtValue.CreateTensorValueFromMemory(
            encoded.SelectMany(text => part(text).Select(value => (long)value).Concat(Enumerable.Repeat(padding, length - text.Ids.Length))).ToArray(), shape);
        using var ids = Input(text => text.Ids, _tokenizer.Vocabulary.PadId);
        using var mask = Input(text => text.AttentionMask, 0);
        using var types = Input(text => text.TypeIds, 0);
        using var options = new RunOptions();
        using var results = _session.Run(options, new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = mask, ["token_type_ids"] = types }, [Output]);
        var scores = results[0].GetTensorDataAsSpan<float>().ToArray();
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
