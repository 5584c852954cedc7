using System.Text;
using TorchSharp;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>Every tensor of a safetensors file, read from a file that can seek and from one that cannot.</summary>
internal sealed class SafetensorsTarget : FuzzTarget
{
    // Two readers, one after the other.
    public override double FactorFor(byte[] input) => 2 * base.FactorFor(input);

    public override int Allowance => 2 * base.Allowance;

    public override IReadOnlyList<FuzzSeed> Seeds { get; } = Make();

    public override object? Parse(byte[] input)
    {
        // The one that cannot seek first, so that what it finds is not hidden by the other.
        InvalidDataException? refusal = null;
        Tensors = 0;
        foreach (var canSeek in new[] { false, true })
            try
            {
                using var scope = torch.NewDisposeScope();
                using var reader = new SafetensorsReader(new MeteredStream(input, canSeek), "fuzz");
                Tensors += reader.Entries.Count;
                reader.ReadAll();
                MeteredStream.Note();
                _ = reader.Metadata.Count;
            }
            catch (InvalidDataException failure)
            {
                refusal = failure;
            }
        return refusal is null ? null : throw refusal;
    }

    private static List<FuzzSeed> Make()
    {
        TorchRuntime.EnsureLoaded();
        using var scope = torch.NewDisposeScope();
        var format = new SafetensorsFormat();
        using var model = SmallModel.Make();
        var types = new[]
        {
            torch.ScalarType.Float64, torch.ScalarType.Float32, torch.ScalarType.Float16, torch.ScalarType.BFloat16, torch.ScalarType.Int64, torch.ScalarType.Int32, torch.ScalarType.Int16,
            torch.ScalarType.Int8, torch.ScalarType.Byte,
        };
        return
        [
            new(Write(model.Weights.Tensors), format),
            new(Write(types.ToDictionary(type => type.ToString(), type => torch.ones(2, 1, dtype: type)), ("format", "pt")), format),
            new(Write(new() { ["empty"] = torch.zeros(0, 5), ["scalar"] = torch.tensor(1f), ["ü"] = torch.zeros(1, 1, 1, 3, dtype: torch.int16) }, ("a", "b"), ("c", "")), format),
            new(Write(new() { ["large"] = torch.zeros(4_096) }), format),
            new(SafetensorsFormat.Whole("{}      "u8, []), format),
            new(SafetensorsFormat.Whole(Encoding.UTF8.GetBytes($$"""{"x":{"dtype":"U8","shape":[{{string.Join(',', Enumerable.Repeat(1, 64))}}],"data_offsets":[0,1]} }"""), [7]), format),
        ];
    }

    private static byte[] Write(IReadOnlyDictionary<string, torch.Tensor> tensors) => Write(tensors.ToDictionary());

    private static byte[] Write(Dictionary<string, torch.Tensor> tensors, params (string Name, string Text)[] metadata)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, metadata.ToDictionary(item => item.Name, item => item.Text));
        return stream.ToArray();
    }
}
