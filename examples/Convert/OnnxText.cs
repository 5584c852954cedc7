using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PLD;

namespace Convert;

/// <summary>Text to scores by ONNX Runtime, with the tokenizer that lies beside the model.</summary>
internal static class OnnxText
{
    public static float[][] Score(string path, string output, IReadOnlyList<TextRow> rows, bool isPair)
    {
        using var session = new InferenceSession(path);
        var facts = session.ModelMetadata.CustomMetadataMap;
        var tokenizer = WordPieceTokenizer.FromVocabularyFile(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "vocab.txt"), facts["lower_case"] == "true");
        var texts = rows.Select(row => tokenizer.Encode(row.First, isPair ? row.Second : null, int.Parse(facts["max_length"]))).ToArray();
        var length = texts.Max(text => text.Ids.Length);
        long[] shape = [texts.Length, length];
        OrtValue Input(Func<TokenizedText, int[]> part, long padding) => OrtValue.CreateTensorValueFromMemory(
            texts.SelectMany(text => part(text).Select(value => (long)value).Concat(Enumerable.Repeat(padding, length - text.Ids.Length))).ToArray(), shape);
        using var ids = Input(text => text.Ids, tokenizer.Vocabulary.PadId);
        using var mask = Input(text => text.AttentionMask, 0);
        using var types = Input(text => text.TypeIds, 0);
        using var options = new RunOptions();
        using var results = session.Run(options, new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = mask, ["token_type_ids"] = types }, [output]);
        var scores = results[0].GetTensorDataAsSpan<float>().ToArray();
        return [.. scores.Chunk(scores.Length / texts.Length)];
    }
}
