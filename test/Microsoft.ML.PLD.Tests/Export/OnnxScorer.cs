using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.PLD.Tests;

/// <summary>An ONNX model in ONNX Runtime.</summary>
internal sealed class OnnxScorer : IDisposable
{
    private readonly InferenceSession _session;

    public OnnxScorer(byte[] model) => _session = new InferenceSession(model);

    public OnnxScorer(string path) => _session = new InferenceSession(path);

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    public IReadOnlyDictionary<string, NodeMetadata> Outputs => _session.OutputMetadata;

    public IReadOnlyDictionary<string, NodeMetadata> Inputs => _session.InputMetadata;

    /// <summary>All outputs for texts that are padded to the longest.</summary>
    public Dictionary<string, float[]> Score(IReadOnlyList<TokenizedText> texts, int padId)
    {
        var length = texts.Max(text => text.Ids.Length);
        long[] shape = [texts.Count, length];
        OrtValue Input(Func<TokenizedText, int[]> part, long padding) => OrtValue.CreateTensorValueFromMemory(
            texts.SelectMany(text => part(text).Select(value => (long)value).Concat(Enumerable.Repeat(padding, length - text.Ids.Length))).ToArray(), shape);
        using var ids = Input(text => text.Ids, padId);
        using var mask = Input(text => text.AttentionMask, 0);
        using var types = Input(text => text.TypeIds, 0);
        using var options = new RunOptions();
        var inputs = new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = mask, ["token_type_ids"] = types };
        using var results = _session.Run(options, inputs, _session.OutputNames);
        return _session.OutputNames.Zip(results).ToDictionary(output => output.First, output => output.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose() => _session.Dispose();
}
