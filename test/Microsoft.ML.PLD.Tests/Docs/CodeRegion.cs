namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>A region of compiled code that a document shows.</summary>
/// <param name="Place">File and line.</param>
/// <param name="Code">The lines, as far to the left as they go.</param>
/// <param name="Runs">Whether a test runs it, or it declares what the others use.</param>
internal sealed record CodeRegion(string Place, string Code, bool Runs)
{
    private static readonly string[] Folders = ["test/Microsoft.ML.PLD.Tests/Docs", "test/Microsoft.ML.PLD.Tests/Readme"];

    public static IReadOnlyList<CodeRegion> All { get; } = [.. Folders.SelectMany(folder => Directory.GetFiles(Repository.At(folder), "*.cs")).SelectMany(Of)];

    private static IEnumerable<CodeRegion> Of(string file)
    {
        var lines = File.ReadAllLines(file);
        for (var first = 0; first < lines.Length; first++)
        {
            var indent = lines[first].Length - lines[first].TrimStart(' ').Length;
            if (!lines[first][indent..].StartsWith("#region ", StringComparison.Ordinal)) continue;
            var last = Array.FindIndex(lines, first, line => line.Trim() == "#endregion");
            yield return new($"{Path.GetFileName(file)}:{first + 1}", CodeBlock.Unindented(string.Join('\n', lines[(first + 1)..last])), indent < 8 || IsInATest(lines, first));
        }
    }

    // Methods stand four spaces in, and their attributes above them.
    private static bool IsInATest(string[] lines, int region)
    {
        var method = Array.FindLastIndex(lines, region, line => line.StartsWith("    public ", StringComparison.Ordinal) || line.StartsWith("    private ", StringComparison.Ordinal));
        return method > 0 && lines[method - 1].Trim() == "[TestMethod]";
    }
}
