using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Glue;

namespace Cli;

/// <summary>Vectors on disk, in the forms that others read.</summary>
internal static class VectorFile
{
    private const int NpyHeader = 128;

    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public const string Kinds = ".npy (NumPy, float32, a row a text), .tsv (numbers between tabs, a line a text) or .jsonl (text and vector, an object a line)";

    /// <param name="option">That names the file, for messages.</param>
    /// <param name="path">The file, whose ending tells.</param>
    /// <exception cref="UsageException">The ending is none of these.</exception>
    public static Action<Stream, IEnumerable<(string Text, float[] Vector)>> WriterOf(string option, string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".npy" => WriteNpy,
        ".tsv" => (stream, vectors) => WriteLines(stream, vectors.Select(one => string.Join('\t', one.Vector.Select(value => value.ToString(CultureInfo.InvariantCulture))))),
        ".jsonl" => (stream, vectors) => WriteLines(stream, vectors.Select(one => JsonSerializer.Serialize(new { text = one.Text, vector = one.Vector }, Json))),
        _ => throw new UsageException($"{option}: '{path}' is of an unknown kind; expected {Kinds}."),
    };

    // Format 1.0: the header tells the number of rows, which is known in the end; it is padded so that it can be written then.
    private static void WriteNpy(Stream stream, IEnumerable<(string, float[] Vector)> vectors)
    {
        var (rows, length) = (0, 0);
        stream.Write(new byte[NpyHeader]);
        foreach (var (_, vector) in vectors)
        {
            stream.Write(MemoryMarshal.AsBytes(vector.AsSpan())); // little-endian, as all that .NET and libtorch run on
            (rows, length) = (rows + 1, vector.Length);
        }
        var (header, shape) = (new byte[NpyHeader], $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {length}), }}");
        ((ReadOnlySpan<byte>)[0x93, .. "NUMPY"u8, 1, 0]).CopyTo(header);
        const int before = 10;
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(before - sizeof(ushort)), NpyHeader - before);
        Encoding.ASCII.GetBytes(shape.PadRight(NpyHeader - before - 1) + "\n").CopyTo(header, before);
        stream.Position = 0;
        stream.Write(header);
    }

    private static void WriteLines(Stream stream, IEnumerable<string> lines)
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        foreach (var line in lines) text.Write(line + '\n');
    }
}
