namespace Glue;

/// <summary>Where everything is kept.</summary>
internal sealed class WorkFolder
{
    private readonly string _path;

    public WorkFolder(string path)
    {
        _path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.Combine(_path, "predictions"));
    }

    public string Results => Of("results.jsonl");

    public string Of(string file) => Path.Combine(_path, file);

    public string Checkpoints(RunKey key) => Path.Combine(_path, "checkpoints", key.Id());

    public string Predictions(RunKey key) => Path.Combine(_path, "predictions", $"{key.Task}-{key.CommonId()}.json");

    public string Submission(string arm) => Of($"submission-{FileName(arm)}.zip");

    /// <summary>A name for files: letters, digits, dots and hyphens.</summary>
    internal static string FileName(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' ? letter : '-'));

    public static void Delete(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
