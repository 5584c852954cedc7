using System.Buffers.Binary;
using static TorchSharp.torch;

namespace Microsoft.ML.PLD;

/// <summary>Writes safetensors files: eight bytes with the header's length, the header, the tensors.</summary>
/// <remarks>https://github.com/huggingface/safetensors, format section of its readme. The same tensors give the same bytes.</remarks>
internal static class SafetensorsWriter
{
    /// <summary>Writes the file whole or not at all: see <see cref="AtomicFile"/>.</summary>
    /// <inheritdoc cref="Write(Stream, IReadOnlyDictionary{string, Tensor}, IReadOnlyDictionary{string, string})"/>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes <paramref name="tensors"/>, which may be on any device, and <paramref name="metadata"/>.</summary>
    /// <exception cref="ArgumentException">A tensor has a type that the format has not, or a name that it cannot have.</exception>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        TorchRuntime.EnsureLoaded();
        var header = Describe(tensors, metadata ?? new Dictionary<string, string>());
        var json = header.Format();
        CheckReadable(json, header);

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        stream.Write(length);
        stream.Write(json);
        foreach (var entry in header.Entries) TensorBytes.Write(tensors[entry.Name], stream);
    }

    private static SafetensorsHeader Describe(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        long end = 0;
        var entries = new List<SafetensorsEntry>();
        // Large elements first keeps every tensor aligned to its element; the name makes the order a stable one.
        foreach (var (name, tensor, type) in tensors.Select(pair => (pair.Key, pair.Value, TypeOf(pair.Key, pair.Value)))
            .OrderByDescending(item => item.Item3.Size).ThenBy(item => item.Key, StringComparer.Ordinal))
        {
            var bytes = tensor.NumberOfElements * type.Size;
            entries.Add(new(name, type, tensor.shape, end, bytes));
            end += bytes;
        }
        return new(entries, metadata);
    }

    private static SafetensorsType TypeOf(string name, Tensor tensor) => SafetensorsType.Of(tensor.dtype)
        ?? throw new ArgumentException($"Tensor '{name}' is of type {tensor.dtype}; safetensors has {SafetensorsType.Names}.", "tensors");

    // Names can spoil a header: one that is reserved, one that is not valid Unicode. Better here than when the weights are needed.
    private static void CheckReadable(byte[] json, SafetensorsHeader header)
    {
        try
        {
            if (json.Length > SafetensorsHeader.MaxBytes) throw new FormatException($"its header would be over {SafetensorsHeader.MaxBytes} bytes long");
            var read = SafetensorsHeader.Parse(json).Entries.Select(entry => entry.Name).ToHashSet();
            if (header.Entries.FirstOrDefault(entry => !read.Contains(entry.Name)) is { } lost)
                throw new FormatException($"'{lost.Name}' cannot be a tensor's name");
        }
        catch (FormatException failure)
        {
            throw new ArgumentException($"These tensors cannot be a safetensors file: {failure.Message}.", "tensors", failure);
        }
    }
}
