using System.Text;

namespace Glue;

/// <summary>Files that are there whole or as they were before.</summary>
internal static class WholeFile
{
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    public static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = path + ".tmp";
        File.WriteAllBytes(partial, content);
        File.Move(partial, path, overwrite: true);
    }
}
