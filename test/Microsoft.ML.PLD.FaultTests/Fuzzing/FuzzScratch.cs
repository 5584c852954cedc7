using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.PLD.FaultTests;

/// <summary>What a fuzzing process is at, in a mapped file: it is still there when the process is not any more.</summary>
internal sealed class FuzzScratch : IDisposable
{
    private const int HeadBytes = 128, MostBytes = 1 << 22;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public FuzzScratch(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, HeadBytes + MostBytes);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>The number of the input.</summary>
    public long Number
    {
        get => _view.ReadInt64(0);
        set => _view.Write(0, value);
    }

    /// <summary>Whether it is being parsed.</summary>
    public bool IsParsing
    {
        get => _view.ReadBoolean(8);
        set => _view.Write(8, value);
    }

    public byte[] Input
    {
        get
        {
            var bytes = new byte[_view.ReadInt32(12)];
            _view.ReadArray(HeadBytes, bytes, 0, bytes.Length);
            return bytes;
        }
        set
        {
            if (value.Length > MostBytes) throw new ArgumentOutOfRangeException(nameof(value), value.Length, "The input is too long.");
            _view.Write(12, value.Length);
            _view.WriteArray(HeadBytes, value, 0, value.Length);
        }
    }

    /// <summary>What this process has done, and those before it.</summary>
    public FuzzFigures Figures
    {
        get
        {
            _view.Read(16, out FuzzFigures figures);
            return figures;
        }
        set => _view.Write(16, ref value);
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}

/// <param name="Inputs">Parsed.</param>
/// <param name="Accepted">Of these, without an exception.</param>
/// <param name="Refused">Of these, with the documented exception.</param>
/// <param name="Findings">Of these, with another end: another exception, too slow, too much memory.</param>
/// <param name="Slowest">Of one input, in seconds.</param>
/// <param name="WorstFactor">Bytes allocated above the allowance, for each byte of the file.</param>
internal readonly record struct FuzzFigures(long Inputs, long Accepted, long Refused, long Findings, double Slowest, double WorstFactor)
{
    public static FuzzFigures operator +(FuzzFigures a, FuzzFigures b) => new(
        a.Inputs + b.Inputs, a.Accepted + b.Accepted, a.Refused + b.Refused, a.Findings + b.Findings, Math.Max(a.Slowest, b.Slowest), Math.Max(a.WorstFactor, b.WorstFactor));
}
