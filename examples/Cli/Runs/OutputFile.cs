using System.Text;
using Glue;

namespace Cli;

/// <summary>A file of answers or vectors, there whole or not at all.</summary>
internal static class OutputFile
{
    /// <param name="option">That names it, for messages.</param>
    /// <param name="path">The file; its folder is made if it is not there.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="UsageException">It is a folder.</exception>
    public static void Write(string option, string path, Action<Stream> write)
    {
        if (Directory.Exists(path)) throw new UsageException($"{option}: '{path}' is a folder; expected a file.");
        WholeFile.Write(path, write);
    }

    /// <inheritdoc cref="Write(string, string, Action{Stream})"/>
    public static void Write(string option, string path, Action<TextWriter> write) => Write(option, path, (Stream stream) =>
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        write(text);
    });

    /// <summary>Refuses a file that is read, too: it would be lost.</summary>
    /// <param name="option">That names the file to write.</param>
    /// <param name="path">That file.</param>
    /// <param name="inputs">Options, and what they name.</param>
    /// <exception cref="UsageException">They are the same.</exception>
    public static void Check(string option, string path, params ReadOnlySpan<(string Option, string Path)> inputs)
    {
        foreach (var input in inputs)
            if (Path.GetFullPath(input.Path) == Path.GetFullPath(path)) throw new UsageException($"{option}: '{path}' is what {input.Option} reads, and would be lost; expected another file.");
    }
}
