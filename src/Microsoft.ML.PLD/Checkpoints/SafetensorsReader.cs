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
    private const int PieceBytes = 1 << 16;

    private readonly Stream _stream;
    private readonly string _source;
    private readonly bool _leaveOpen;
    private readonly SafetensorsHeader _header;
    private readonly Dictionary<string, SafetensorsEntry> _byName;
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
            _byName = _header.Entries.ToDictionary(entry => entry.Name);
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
    /// <exception cref="InvalidDataException">The file has less than half of the weights: a tensor that is merely missing is named later.</exception>
    public void ExpectRoomFor(BertConfig config, string configSource)
    {
        var weights = Entries.Where(entry => entry.Type.IsFloatingPoint).Sum(entry => entry.Length / entry.Type.Size);
        if (config.MatrixWeights > 2 * (Int128)weights)
            throw new InvalidDataException($"'{_source}' has {weights:N0} weights, but '{configSource}' describes an encoder of at least {config.MatrixWeights:N0}.");
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
                throw new InvalidOperationException($"'{_source}' is not seekable, and tensor '{entry.Name}' has been passed: read in the order of Entries.");
            MoveTo(entry.Offset);
            var result = read();
            _position += entry.Length;
            return result;
        }
        catch (EndOfStreamException failure)
        {
            throw Invalid($"it ends within or before tensor '{entry.Name}'", failure);
        }
        catch (InvalidDataException failure)
        {
            throw Invalid($"tensor '{entry.Name}' cannot be decompressed ({failure.Message})", failure);
        }
    }

    private void MoveTo(long offset)
    {
        if (_stream.CanSeek) _stream.Position = _dataStart + (_position = offset);
        var passed = new byte[Math.Min(PieceBytes, offset - _position)];
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

    private SafetensorsEntry Entry(string name) => _byName.GetValueOrDefault(name) ?? throw Invalid($"it has no tensor '{name}'");

    private void ExpectFits(SafetensorsEntry entry, Tensor target)
    {
        if (!entry.Shape.AsSpan().SequenceEqual(target.shape))
            throw Invalid($"tensor '{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}]; expected [{string.Join(", ", target.shape)}]");
        if (entry.Type.ScalarType != target.dtype && !(entry.Type.IsFloatingPoint && is_floating_point(target)))
            throw Invalid($"tensor '{entry.Name}' is of dtype {entry.Type.Name}; expected {SafetensorsType.Of(target.dtype)?.Name ?? target.dtype.ToString()}");
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

            return SafetensorsHeader.Parse(ReadHeaderBytes((int)length));
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

    // Takes no more memory than there is header: a file of ten bytes must not make us take 100 MB.
    private byte[] ReadHeaderBytes(int length)
    {
        if (_stream.CanSeek && _stream.Length - _stream.Position < length) throw new EndOfStreamException();
        var bytes = new byte[_stream.CanSeek ? length : Math.Min(length, PieceBytes)];
        for (var read = 0; ; Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length)))
        {
            _stream.ReadExactly(bytes, read, bytes.Length - read);
            read = bytes.Length;
            if (read == length) return bytes;
        }
    }

    private InvalidDataException Invalid(string what, Exception? inner = null) => new($"'{_source}' is not the safetensors file expected: {Excerpt.Of(what)}.", inner);
}
