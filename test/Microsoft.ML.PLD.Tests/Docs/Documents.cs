using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>The documents of the repository as text.</summary>
internal static partial class Documents
{
    /// <summary>Those for users, whose code runs in tests: README.md, the packages' pages and those in docs/.</summary>
    public static IReadOnlyList<string> Pages { get; } = ["README.md", "src/Microsoft.ML.PLD/PACKAGE.md", "src/Microsoft.ML.PLD.Models.Mini/PACKAGE.md", .. Directory.GetFiles(Repository.At("docs"), "*.md").Select(path => $"docs/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)];

    /// <summary>All Markdown files.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. new[] { "*.md" }.SelectMany(pattern => Directory.GetFiles(Repository.At(""), pattern)),
        .. new[] { "docs", "examples", "src", "test" }.SelectMany(folder => Directory.GetFiles(Repository.At(folder), "*.md", SearchOption.AllDirectories))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj")),
    ];

    public static string Text(string document) => File.ReadAllText(Repository.At(document)).ReplaceLineEndings("\n");

    /// <summary>The fenced blocks of a document.</summary>
    public static IEnumerable<CodeBlock> Blocks(string document)
    {
        var text = Text(document);
        foreach (Match block in Fenced().Matches(text))
            yield return new(document, text.AsSpan(0, block.Index).Count('\n') + 1, block.Groups["language"].Value, CodeBlock.Unindented(block.Groups["code"].Value));
    }

    /// <summary>A document without its code.</summary>
    public static string Prose(string text) => InlineCode().Replace(Fenced().Replace(text, ""), "");

    [GeneratedRegex(@"^(?<indent> *)```(?<language>\w*)\n(?<code>.*?)^\k<indent>```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex InlineCode();
}
