namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>A fenced block of a document.</summary>
/// <param name="Document">Its path in the repository.</param>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Language">What is said behind the fence.</param>
/// <param name="Code">The lines, as far to the left as they go.</param>
internal sealed record CodeBlock(string Document, int Line, string Language, string Code)
{
    /// <summary>Lines without the spaces that all of them begin with.</summary>
    public static string Unindented(string code)
    {
        var lines = code.TrimEnd('\n').Split('\n');
        var indent = lines.Where(line => line.Length > 0).Select(line => line.Length - line.TrimStart(' ').Length).DefaultIfEmpty().Min();
        return string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : ""));
    }
}
