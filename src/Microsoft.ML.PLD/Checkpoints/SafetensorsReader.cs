using System.Buffers.Binary;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.PLD;

/// <summary>Reads a safetensors file, which is not trusted: its list at once, its tensors when asked for.</summary>
/// <remarks>
/// The stream need not be seekable (an entry of a zip archive); tensors can then be read only in the order of <see cref="Entries"/>.
/// Every fault of the file is an <see cref="InvalidDataException"/> that names the file and the tensor.
/// </remarks>
internal sealed class SafetensorsReader : IDisposable
{
    private const int PieceBytes = 1 << 20, FirstPieceBytes = 1 << 12;
    private const int TensorsPerBlock = 16;

    private readonly Stream _stream;
    private readonly string _source;
    private readonly bool _leaveOpen;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart; // in a seekable stream
    private long _position; // in the data

    /// <param name="stream">Stands at the beginning of the file's contents, and ends where they end.</param>
    /// <param name="source">What to call the file in messages.</param>
    /// <param name="leaveOpen">Whether the stream outlives the reader.</param>
    /// <exception cref="InvalidDataException">This is no safetensors file, or a broken one.</exception>
    public SafetensorsReader(Stream stream, string source, bool leaveOpen = false)
    {
        (_stream, _source, _leaveOpen) = (stream, source, leaveOpen);
        try
        {
            TorchRuntime.EnsureLoaded();
            _header = ReadHeader();
            if (!stream.CanSeek) return;
            _dataStart = stream.Position;
            if (stream.Length - _dataStart is var there && there != _header.DataLength)
                throw Invalid($"its header describes {_header.DataLength} bytes of tensors, but {there} follow: it was cut off or altered");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="SafetensorsReader(Stream, string, bool)"/>
    public static SafetensorsReader Open(string path) => new(File.OpenRead(path), path);

    /// <summary>The tensors in the order in which their bytes lie.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _header.Entries;

    /// <summary>Free text by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Reads one tensor as a new one on the processor.</summary>
    public Tensor Read(string name) => Read(Entry(name));

    /// <summary>Reads all tensors as new ones on the processor.</summary>
    public Dictionary<string, Tensor> ReadAll()
    {
        using var scope = NewDisposeScope(); // so that none is leaked when a later one is broken
        var tensors = Entries.ToDictionary(entry => entry.Name, Read);
        ExpectEnd();
        foreach (var tensor in tensors.Values) tensor.MoveToOuterDisposeScope();
        return tensors;
    }

    /// <summary>
    /// Overwrites each of <paramref name="targets"/> with the tensor of its name. They may be on any device; floating-point types are
    /// converted. Other tensors in the file are passed over.
    /// </summary>
    /// <exception cref="InvalidDataException">A name is missing, or has another shape or kind of type: nothing has been overwritten then.</exception>
    public void ReadInto(IReadOnlyDictionary<string, Tensor> targets)
    {
        foreach (var (name, target) in targets) ExpectFits(Entry(name), target);
        foreach (var entry in Entries)
            if (targets.TryGetValue(entry.Name, out var target))
                ReadInto(entry, target);
        ExpectEnd();
    }

    /// <summary>Refuses an architecture that the file cannot be the weights of, before memory is taken for what a hostile configuration says.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="configSource">Where it was read, for the message.</param>
    /// <param name="classes">Of the classifier on top; 0: there is none.</param>
    /// <exception cref="InvalidDataException">The file has less than half of the weights, or of the tensors: one that is merely missing is named later.</exception>
    public void ExpectRoomFor(BertConfig config, string configSource, int classes = 0) => ExpectRoomFor(Entries, _source, config, configSource, classes);

    /// <inheritdoc cref="ExpectRoomFor(BertConfig, string, int)"/>
    /// <param name="entries">The tensors.</param>
    /// <param name="source">What to call their file, or files, in messages.</param>
    /// <param name="config"><inheritdoc/></param>
    /// <param name="configSource"><inheritdoc/></param>
    /// <param name="classes"><inheritdoc/></param>
    public static void ExpectRoomFor(IReadOnlyList<SafetensorsEntry> entries, string source, BertConfig config, string configSource, int classes = 0)
    {
        var weights = entries.Where(entry => entry.Type.IsFloatingPoint).Sum(entry => entry.Length / entry.Type.Size);
        var needed = config.MatrixWeights + (Int128)classes * config.HiddenSize;
        if (needed > 2 * (Int128)weights)
            throw new InvalidDataException($"'{source}' has {weights:N0} weights, but '{configSource}' describes {(classes == 0 ? "an encoder" : $"an encoder and {classes:N0} classes")} of at least {needed:N0}.");
        // Many blocks with tiny weights: a tensor takes far more memory than its numbers.
        if (config.Layers > 2L * entries.Count / TensorsPerBlock)
            throw new InvalidDataException($"'{source}' has {entries.Count:N0} tensors, but '{configSource}' describes an encoder of {config.Layers:N0} blocks.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_leaveOpen) _stream.Dispose();
    }

    private Tensor Read(SafetensorsEntry entry)
    {
        using var scope = NewDisposeScope();
        return At(entry, () =>
        {
            if (!_stream.CanSeek) return TensorBytes.ReadNew(entry.Type.ScalarType, entry.Length / entry.Type.Size, entry.Type.Size, _stream).reshape(entry.Shape);
            var tensor = empty(entry.Shape, dtype: entry.Type.ScalarType); // the stream is known to be as long
            TensorBytes.Read(tensor, _stream);
            return tensor;
        }).MoveToOuterDisposeScope();
    }

    private void ReadInto(SafetensorsEntry entry, Tensor target)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var inPlace = target.device.type == DeviceType.CPU && target.dtype == entry.Type.ScalarType && target.is_contiguous();
        var elements = inPlace ? target : empty(entry.Shape, dtype: entry.Type.ScalarType);
        At(entry, () =>
        {
            TensorBytes.Read(elements, _stream);
            return elements;
        });
        if (!inPlace) target.copy_(elements);
    }

    private T At<T>(SafetensorsEntry entry, Func<T> read)
    {
        try
        {
            if (!_stream.CanSeek && entry.Offset < _position)
                throw new InvalidOperationException($"'{_source}' is not seekable, and tensor '{Excerpt.Of(entry.Name)}' has been passed: read in the order of Entries.");
            MoveTo(entry.Offset);
            var result = read();
            _position += entry.Length;
            return result;
        }
        catch (EndOfStreamException failure)
        {
            throw Invalid($"it ends within or before tensor '{Excerpt.Of(entry.Name)}'", failure);
        }
        catch (InvalidDataException failure)
        {
            throw Invalid($"tensor '{Excerpt.Of(entry.Name)}' cannot be decompressed ({failure.Message})", failure);
        }
    }

    private void MoveTo(long offset)
    {
        if (_stream.CanSeek) _stream.Position = _dataStart + (_position = offset);
        if (_position == offset) return;
        var passed = new byte[Math.Min(FirstPieceBytes, offset - _position)];
        while (_position < offset)
        {
            var count = (int)Math.Min(passed.Length, offset - _position);
            _stream.ReadExactly(passed, 0, count);
            _position += count;
        }
    }

    // Of a seekable stream the length has been checked already.
    private void ExpectEnd()
    {
        if (_stream.CanSeek) return;
        try
        {
            MoveTo(_header.DataLength);
        }
        catch (EndOfStreamException failure)
        {
            throw Invalid("it ends before its last tensor does", failure);
        }
        if (_stream.ReadByte() >= 0) throw Invalid("more bytes follow its last tensor");
    }

    /// <summary>What the file says of a tensor.</summary>
    /// <exception cref="InvalidDataException">It has no such tensor.</exception>
    public SafetensorsEntry Entry(string name) => _header.Find(name) ?? throw Invalid($"it has no tensor '{name}'");

    private void ExpectFits(SafetensorsEntry entry, Tensor target)
    {
        if (!entry.Shape.AsSpan().SequenceEqual(target.shape))
            throw Invalid($"tensor '{Excerpt.Of(entry.Name)}' has the shape [{string.Join(", ", entry.Shape)}]; expected [{string.Join(", ", target.shape)}]");
        if (entry.Type.ScalarType != target.dtype && !(entry.Type.IsFloatingPoint && is_floating_point(target)))
            throw Invalid($"tensor '{Excerpt.Of(entry.Name)}' is of dtype {entry.Type.Name}; expected {SafetensorsType.Of(target.dtype)?.Name ?? target.dtype.ToString()}");
    }

    private SafetensorsHeader ReadHeader()
    {
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            _stream.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length is < 2 or > SafetensorsHeader.MaxBytes)
                throw Invalid($"its header would be {length} bytes long; expected 2 to {SafetensorsHeader.MaxBytes}");

            return SafetensorsHeader.Parse(ReadBytes((int)length));
        }
        catch (EndOfStreamException failure)
        {
            throw Invalid("it ends within its header", failure);
        }
        catch (FormatException failure)
        {
            throw Invalid(failure.Message, failure);
        }
    }

    // A file of ten bytes must not make us take 100 MB.
    private byte[] ReadBytes(int length)
    {
        if (_stream.CanSeek)
        {
            if (_stream.Length - _stream.Position < length) throw new EndOfStreamException();
            var all = new byte[length];
            _stream.ReadExactly(all);
            return all;
        }
        // Grows with what is there.
        var pieces = new List<byte[]>();
        for (var read = 0; read < length; read += pieces[^1].Length)
        {
            var piece = new byte[Math.Min(length - read, Math.Clamp(read, FirstPieceBytes, PieceBytes))];
            _stream.ReadExactly(piece);
            pieces.Add(piece);
        }
        return pieces.Count == 1 ? pieces[0] : Joined(pieces, length);
    }

    private static byte[] Joined(List<byte[]> pieces, int length)
    {
        var all = new byte[length];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(all, at);
            at += piece.Length;
        }
        return all;
    }

    private InvalidDataException Invalid(string what, Exception? inner = null) => new($"'{_source}' is not the safetensors file expected: {what}.", inner);
}
