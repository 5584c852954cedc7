using System.Text;
using System.Text.Json;

namespace Compare;

/// <summary>
/// The steps of a run, a JSON object a line. A run that was killed goes on from its last checkpoint and takes some steps again, which are the same ones: the last line
/// of a step counts. A line that a kill has torn does not.
/// </summary>
internal sealed class Curve : IDisposable
{
    private readonly SortedDictionary<long, CurvePoint> _points = [];
    private readonly string _path;
    private StreamWriter? _file;

    /// <param name="path">The file; made with the first step.</param>
    public Curve(string path)
    {
        _path = path;
        if (!File.Exists(path)) return;
        foreach (var line in File.ReadLines(path))
            if (Parse(line) is { } point) _points[point.Step] = point;
    }

    /// <summary>In the order of steps. A few may be missing after a kill.</summary>
    public IReadOnlyCollection<CurvePoint> Points => _points.Values;

    /// <summary>The last step that is known; 0 if none is.</summary>
    public long LastStep => _points.Count == 0 ? 0 : _points.Keys.Last();

    public CurvePoint? At(long step) => _points.GetValueOrDefault(step);

    public void Add(CurvePoint point)
    {
        _points[point.Step] = point;
        if (_file is null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            var isTorn = File.Exists(_path) && new FileInfo(_path).Length > 0;
            _file = new StreamWriter(_path, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
            if (isTorn) _file.WriteLine(); // it may be; an empty line is none
        }
        _file.WriteLine(JsonSerializer.Serialize(point));
    }

    public void Dispose() => _file?.Dispose();

    private static CurvePoint? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize<CurvePoint>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
