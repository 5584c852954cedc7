namespace Microsoft.ML.PLD;

/// <summary>The number format of an ONNX model.</summary>
public enum OnnxPrecision
{
    /// <summary>Everything in float32.</summary>
    Float32,

    /// <summary>Weights and activations in float16, for graphics processors; outputs are float32 all the same.</summary>
    Float16,

    /// <summary>
    /// Weights in 8 bits, a scale for each output, and matrix products of 8-bit integers, for which activations are quantized as they come (dynamic quantization); the rest is
    /// float32. A quarter of the size.
    /// </summary>
    Int8,
}
