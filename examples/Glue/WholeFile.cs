namespace Glue;

/// <summary>Files that are there whole or as they were before.</summary>
internal static class WholeFile
{
    public static void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = path + ".tmp";
        File.WriteAllText(partial, text);
        File.Move(partial, path, overwrite: true);
    }
}
