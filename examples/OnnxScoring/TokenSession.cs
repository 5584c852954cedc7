using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.PLD;

namespace OnnxScoring;

/// <summary>An ONNX model in ONNX Runtime: tokens in, numbers out. Safe for use from several threads.</summary>
internal sealed class TokenSession(InferenceSession session) : IDisposable
{
    public TokenSession(string path) : this(new InferenceSession(path))
    {
    }

    public TokenSession(byte[] model) : this(new InferenceSession(model))
    {
    }

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => session.InputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => session.OutputMetadata;

    /// <summary>Runs the model on texts, all at once, padded to the longest.</summary>
    /// <param name="texts">At least one.</param>
    /// <param name="padId">The id of [PAD].</param>
    /// <param name="outputs">Which to compute; none: all.</param>
    /// <returns>The numbers of each output, text by text.</returns>
    public Dictionary<string, float[]> Run(IReadOnlyList<TokenizedText> texts, int padId, params IReadOnlyCollection<string> outputs)
    {
        var length = texts.Max(text => text.Ids.Length);
        long[] shape = [texts.Count, length];
        OrtValue Input(Func<TokenizedText, int[]> part, long padding)
        {
            var values = new long[texts.Count * length];
            Array.Fill(values, padding);
            for (var row = 0; row < texts.Count; row++)
                for (var (i, some) = (0, part(texts[row])); i < some.Length; i++) values[row * length + i] = some[i];
            return OrtValue.CreateTensorValueFromMemory(values, shape);
        }
        using var ids = Input(text => text.Ids, padId);
        using var mask = Input(text => text.AttentionMask, 0);
        using var types = Input(text => text.TypeIds, 0);
        using var options = new RunOptions();
        if (outputs.Count == 0) outputs = session.OutputNames;
        using var results = session.Run(options, new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = mask, ["token_type_ids"] = types }, outputs);
        return outputs.Zip(results).ToDictionary(output => output.First, output => output.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose() => session.Dispose();
}
