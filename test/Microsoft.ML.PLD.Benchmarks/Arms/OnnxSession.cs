using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.PLD.Benchmarks;

/// <summary>An exported model in ONNX Runtime, with its own defaults: as many threads as there are cores.</summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly WordPieceTokenizer _tokenizer;
    private readonly string _output;

    public OnnxSession(Action<Stream, OnnxExportOptions> save, OnnxPrecision precision, WordPieceTokenizer tokenizer, string output)
    {
        using var stream = new MemoryStream();
        save(stream, new OnnxExportOptions { Precision = precision });
        (_session, _tokenizer, _output, Bytes) = (new InferenceSession(stream.ToArray()), tokenizer, output, stream.Length);
    }

    public long Bytes { get; }

    /// <summary>Tokenizes the texts, pads them to the longest, and runs the model.</summary>
    public float[] Score(IReadOnlyList<(string First, string? Second)> texts, int maxLength)
    {
        var encoded = texts.Select(text => _tokenizer.Encode(text.First, text.Second, maxLength)).ToArray();
        var length = encoded.Max(text => text.Ids.Length);
        long[] shape = [encoded.Length, length];
        OrtValue Input(Func<TokenizedText, int[]> part, long padding)
        {
            var values = new long[encoded.Length * length];
            Array.Fill(values, padding);
            for (var row = 0; row < encoded.Length; row++)
                for (var (i, some) = (0, part(encoded[row])); i < some.Length; i++) values[row * length + i] = some[i];
            return OrtValue.CreateTensorValueFromMemory(values, shape);
        }
        using var ids = Input(text => text.Ids, _tokenizer.Vocabulary.PadId);
        using var mask = Input(text => text.AttentionMask, 0);
        using var types = Input(text => text.TypeIds, 0);
        using var options = new RunOptions();
        using var results = _session.Run(options, new Dictionary<string, OrtValue> { ["input_ids"] = ids, ["attention_mask"] = mask, ["token_type_ids"] = types }, [_output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose() => _session.Dispose();
}
