namespace Microsoft.ML.PLD;

/// <summary>Reads the files of GLUE in their official form.</summary>
/// <remarks>
/// Tab-separated, UTF-8 with or without a byte order mark, lines ended by LF or CRLF. A quote is a character as any other. Columns are found
/// by their names in the header, so that the long and the short forms of MNLI both fit. Files are not trusted: memory is in proportion to
/// the file, and what is damaged is refused with its line.
/// </remarks>
public static class GlueReader
{
    /// <summary>Whether a split is there.</summary>
    /// <param name="task">The task.</param>
    /// <param name="split">The split.</param>
    /// <param name="folder">The root of GLUE, which holds CoLA, SST-2 and so on.</param>
    /// <exception cref="ArgumentException">The task has no such split.</exception>
    public static bool Exists(GlueTask task, GlueSplit split, string folder) => Find(task, split, folder).Path is not null;

    /// <summary>The splits of a task that are there.</summary>
    /// <param name="task">The task.</param>
    /// <param name="folder">The root of GLUE, which holds CoLA, SST-2 and so on.</param>
    public static IReadOnlyList<GlueSplit> Splits(GlueTask task, string folder)
    {
        ArgumentNullException.ThrowIfNull(task);
        return [.. task.Splits.Where(split => Exists(task, split, folder))];
    }

    /// <summary>Reads a split.</summary>
    /// <param name="task">The task.</param>
    /// <param name="split">The split.</param>
    /// <param name="folder">The root of GLUE, which holds CoLA, SST-2 and so on.</param>
    /// <returns>The examples, all in memory.</returns>
    /// <exception cref="ArgumentException">The task has no such split.</exception>
    /// <exception cref="FileNotFoundException">The file is not there.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is empty, is not UTF-8, lacks a column, or a line has another number of columns, an unknown label, a NUL character or more than
    /// 1 MB. The message names the file and the line. Too few columns are no error in QQP's train.tsv and dev.tsv, up to 100 lines: they are
    /// left out and counted. At the end of the file they are one: it was cut off.
    /// </exception>
    public static GlueData Read(GlueTask task, GlueSplit split, string folder)
    {
        var (file, path) = Find(task, split, folder);
        return path is null ? throw Missing(task, split, folder) : Read(task, file, path);
    }

    private static GlueData Read(GlueTask task, GlueFile file, string path)
    {
        var columns = file.Columns is null ? null : new GlueColumns(file, path, file.Columns);
        var examples = new List<GlueExample>();
        var broken = 0;
        var last = 1;
        foreach (var (line, text, isEnded) in TsvLines.Of(path))
        {
            last = line;
            if (columns is null) columns = new GlueColumns(file, path, text.Split('\t'));
            else if (columns.Read(task, line, text, examples.Count) is { } example) examples.Add(example);
            else if (!isEnded || broken++ >= file.MaxBrokenLines) throw columns.WrongCount(line, text);
        }
        return examples.Count > 0
            ? new GlueData(task, file.Split, path, examples, broken)
            : throw DamagedTsv.At(path, last, $"the file ends without an example; expected {(file.Columns is null ? "a header and " : "")}one example a line.");
    }

    private static (GlueFile File, string? Path) Find(GlueTask task, GlueSplit split, string folder)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = task.FilesOf(split);
        foreach (var file in files)
        {
            var path = Place(folder, file);
            if (File.Exists(path)) return (file, path);
        }
        return (files[0], null);
    }

    private static FileNotFoundException Missing(GlueTask task, GlueSplit split, string folder)
    {
        string[] paths = [.. task.FilesOf(split).Select(file => Place(folder, file))];
        return new FileNotFoundException(
            $"The {split} split of the GLUE task {task.Name} is missing: expected '{string.Join("' or '", paths)}'. GLUE's data come from {GlueTasks.Source}.", paths[0]);
    }

    private static string Place(string folder, GlueFile file) => Path.Combine([folder, .. file.Path.Split('/')]);
}
