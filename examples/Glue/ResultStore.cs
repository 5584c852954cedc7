using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Glue;

/// <summary>The finished and the failed runs, a JSON object a line. A line that a kill has torn is passed over: its run is made again.</summary>
internal sealed class ResultStore
{
    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a correlation may be NaN
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly string _path;
    private readonly Dictionary<RunKey, RunResult> _results = [];

    /// <param name="path">The file; made with the first result.</param>
    public ResultStore(string path)
    {
        _path = path;
        if (!File.Exists(path)) return;
        foreach (var line in File.ReadLines(path))
        {
            if (Parse(line) is { } result) _results[result.Key] = result;
            else if (line.Length > 0) TornLines++;
        }
    }

    public int TornLines { get; }

    public RunResult? Find(RunKey key) => _results.GetValueOrDefault(key);

    /// <summary>Returns when it is on the disk.</summary>
    public void Add(RunResult result)
    {
        var line = JsonSerializer.Serialize(result, Json) + "\n";
        using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n') line = "\n" + line; // after a torn line
        }
        file.Write(Encoding.UTF8.GetBytes(line)); // at once
        file.Flush(flushToDisk: true);
        _results[result.Key] = result;
    }

    private static RunResult? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<RunResult>(line, Json) is { Key: not null, Metrics: not null } result && (result.Metrics.Count > 0 || result.Failure is not null) ? result : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
