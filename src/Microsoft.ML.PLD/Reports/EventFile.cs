using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Microsoft.ML.PLD;

/// <summary>A TensorBoard event file: protocol buffers of type Event in TFRecord frames.</summary>
/// <remarks>
/// A frame is the length (8 bytes, little-endian), its masked CRC, the data, and their masked CRC (tensorflow/core/lib/io/record_writer.h).
/// TorchSharp's own SummaryWriter opens the file anew for every value, and writes no times.
/// </remarks>
internal sealed class EventFile : IDisposable
{
    private static int _count;

    private readonly FileStream _stream;
    private readonly TimeProvider _clock;

    /// <summary>Creates a file in <paramref name="folder"/>, which is made if need be.</summary>
    public EventFile(string folder, TimeProvider clock)
    {
        _clock = clock;
        Directory.CreateDirectory(folder);
        // TensorBoard takes files with "tfevents" in the name, in the order of their names.
        var name = $"events.out.tfevents.{clock.GetUtcNow().ToUnixTimeSeconds():D10}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref _count)}";
        _stream = new FileStream(System.IO.Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            Write(new Event { FileVersion = "brain.Event:2" });
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    public string Path => _stream.Name;

    /// <summary>Writes the values of one step, and hands them to the operating system at once.</summary>
    public void Write(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new Summary();
        foreach (var (tag, value) in scalars) summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });
        Write(new Event { Step = step, Summary = summary });
    }

    private void Write(Event record)
    {
        record.WallTime = _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000d;
        var data = record.ToByteArray();
        var frame = new byte[8 + 4 + data.Length + 4];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), MaskedCrc(frame.AsSpan(0, 8)));
        data.CopyTo(frame, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + data.Length), MaskedCrc(data));
        _stream.Write(frame);
    }

    /// <summary>CRC-32C, rotated and offset so that a checksum of data that holds checksums is not weak.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data) crc = BitOperations.Crc32C(crc, value);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }

    public void Dispose() => _stream.Dispose();
}
