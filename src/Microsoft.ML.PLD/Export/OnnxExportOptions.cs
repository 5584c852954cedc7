namespace Microsoft.ML.PLD;

/// <summary>How a model is written to ONNX.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>The number format. Default: <see cref="OnnxPrecision.Float32"/>.</summary>
    public OnnxPrecision Precision { get; init; }

    /// <summary>
    /// Whether the weights go into a file of their own beside the model, named as the model with <c>.data</c> after it, to which ONNX refers. Default: null, where the model would be
    /// larger than the 2 GB that its format allows.
    /// </summary>
    public bool? ExternalData { get; init; }

    /// <summary>Whether the tokenizer's files are written beside the model: vocab.txt, tokenizer.json, tokenizer_config.json, special_tokens_map.json. Default: true.</summary>
    public bool Tokenizer { get; init; } = true;

    internal IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Precision)) yield return $"Precision is {Precision}; expected Float32, Float16 or Int8.";
    }
}
