namespace Microsoft.ML.PLD;

/// <summary>Files of a folder that belong together: none takes its place before all are written.</summary>
internal static class StagedFiles
{
    /// <summary>Writes files, replacing those of the same names. A full disk, or an end in the midst of it, leaves no new file beside an old one that looks whole.</summary>
    /// <param name="folder">The folder; made when it is not there.</param>
    /// <param name="last">The file without which the others are nothing: it goes first and comes last.</param>
    /// <param name="write">Given what takes each file's name, and what writes it.</param>
    /// <param name="stale">Names of files that would be read along with the new ones.</param>
    public static void Write(string folder, string last, Action<Action<string, Action<Stream>>> write, params IReadOnlyList<string> stale)
    {
        var partial = Directory.CreateDirectory(Path.Combine(folder, $"{Path.GetRandomFileName()}.tmp")).FullName;
        try
        {
            var written = new List<string>();
            write((name, content) =>
            {
                var file = Path.Combine(partial, name);
                Directory.CreateDirectory(Path.GetDirectoryName(file)!); // a name may have a folder before it
                AtomicFile.Write(file, content);
                written.Add(name);
            });
            File.Delete(Path.Combine(folder, last));
            foreach (var file in stale.Except(written)) File.Delete(Path.Combine(folder, file));
            foreach (var file in written.Where(file => file != last).Append(last))
            {
                var target = Path.Combine(folder, file);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Move(Path.Combine(partial, file), target, overwrite: true);
            }
        }
        finally
        {
            TryDelete(partial);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What went wrong before, or that nothing did, matters more than what is left behind.
        }
    }
}
