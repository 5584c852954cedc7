namespace Compare;

/// <summary>Where everything is kept.</summary>
internal sealed class WorkFolder
{
    private readonly string _path;

    public WorkFolder(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(_path);
    }

    public string ReferenceTimes => Of("reference-times.json");

    public string Of(string file) => Path.Combine(_path, file);

    /// <summary>A run's own folder.</summary>
    public string Of(Run run) => Path.Combine(_path, "runs", run.Id);

    /// <summary>Deletes what is in it.</summary>
    public void Clear()
    {
        Directory.Delete(_path, recursive: true);
        Directory.CreateDirectory(_path);
    }

    /// <summary>Gives what there is of runs and times another name, so that all begins anew and nothing is lost.</summary>
    /// <returns>The new names of those that were there.</returns>
    public IReadOnlyList<string> SetAside()
    {
        string[] there = [.. new[] { "runs", "reference-times.json" }.Where(name => Path.Exists(Of(name)))];
        var number = 1;
        while (Array.Exists(there, name => Path.Exists(Of(Aside(name))))) number++;
        foreach (var name in there) Directory.Move(Of(name), Of(Aside(name))); // moves files, too
        return [.. there.Select(name => Of(Aside(name)))];

        string Aside(string name) => $"{Path.GetFileNameWithoutExtension(name)}-old-{number}{Path.GetExtension(name)}";
    }

    /// <summary>A name for files: letters, digits, dots and hyphens.</summary>
    internal static string FileName(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' ? letter : '-'));
}
