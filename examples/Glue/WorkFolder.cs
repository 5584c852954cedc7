namespace Glue;

/// <summary>Where everything is kept.</summary>
internal sealed class WorkFolder
{
    private readonly string _path;

    public WorkFolder(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(Of("predictions"));
    }

    public string Results => Of("results.jsonl");

    public string Of(string file) => Path.Combine(_path, file);

    public string Checkpoints(RunKey key) => Path.Combine(_path, "checkpoints", key.Id());

    public string Predictions(RunKey key) => Path.Combine(_path, "predictions", $"{key.Task}-{key.CommonId()}.json");

    public string Submission(string arm) => Of($"submission-{FileName(arm)}.zip");

    /// <summary>A name for files: letters, digits, dots and hyphens.</summary>
    internal static string FileName(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' ? letter : '-'));

    /// <summary>Gives results, predictions and checkpoints another name each, so that all begins anew and nothing is lost.</summary>
    /// <returns>The new names of those that were there.</returns>
    public IReadOnlyList<string> SetAside()
    {
        string[] there = [.. new[] { "checkpoints", "predictions" }.Where(name => Directory.Exists(Of(name)) && Directory.EnumerateFileSystemEntries(Of(name)).Any())];
        if (File.Exists(Results)) there = [.. there, "results.jsonl"];
        var number = 1;
        while (Array.Exists(there, name => Path.Exists(Of(Aside(name))))) number++;
        foreach (var name in there) Directory.Move(Of(name), Of(Aside(name))); // moves files, too
        Directory.CreateDirectory(Of("predictions"));
        return [.. there.Select(name => Of(Aside(name)))];

        string Aside(string name) => $"{Path.GetFileNameWithoutExtension(name)}-old-{number}{Path.GetExtension(name)}";
    }

    public static void Delete(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
