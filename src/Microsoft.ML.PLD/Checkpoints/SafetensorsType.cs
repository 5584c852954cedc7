using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.PLD;

/// <summary>The element types of safetensors that libtorch has too, but for BOOL: a file could hold bytes that are neither true nor false.</summary>
internal sealed record SafetensorsType(string Name, ScalarType ScalarType, int Size)
{
    private static readonly SafetensorsType[] All =
    [
        new("F64", ScalarType.Float64, 8), new("F32", ScalarType.Float32, 4), new("F16", ScalarType.Float16, 2), new("BF16", ScalarType.BFloat16, 2),
        new("I64", ScalarType.Int64, 8), new("I32", ScalarType.Int32, 4), new("I16", ScalarType.Int16, 2), new("I8", ScalarType.Int8, 1),
        new("U8", ScalarType.Byte, 1),
    ];

    public bool IsFloatingPoint => ScalarType is ScalarType.Float64 or ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16;

    public static string Names { get; } = string.Join(", ", All.Select(type => type.Name));

    /// <summary>The type whose name <paramref name="json"/> stands at.</summary>
    public static SafetensorsType? Of(ref Utf8JsonReader json)
    {
        foreach (var type in All)
            if (json.ValueTextEquals(type.Name)) return type;
        return null;
    }

    public static SafetensorsType? Of(ScalarType type) => All.FirstOrDefault(known => known.ScalarType == type);
}
