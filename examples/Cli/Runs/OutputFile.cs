using System.Text;
using Glue;

namespace Cli;

/// <summary>A file that is there whole or not at all, whatever happens while it is written.</summary>
internal static class OutputFile
{
    /// <param name="option">That names it, for messages.</param>
    /// <param name="path">The file; its folder is made if it is not there.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="UsageException">It is a folder.</exception>
    public static void Write(string option, string path, Action<Stream> write)
    {
        if (Directory.Exists(path)) throw new UsageException($"{option}: '{path}' is a folder; expected a file.");
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = $"{path}.tmp";
        try
        {
            using (var stream = File.Create(partial)) write(stream);
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <inheritdoc cref="Write(string, string, Action{Stream})"/>
    public static void Write(string option, string path, Action<TextWriter> write) => Write(option, path, (Stream stream) =>
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        write(text);
    });
}
