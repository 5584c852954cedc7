using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>Links within the repository lead somewhere.</summary>
[TestClass]
public sealed partial class DocumentLinksTests
{
    [TestMethod]
    public void EveryRelativeLinkLeadsToAFileAndAHeading()
    {
        var problems = new List<string>();
        var links = 0;
        foreach (var document in Documents.All)
            foreach (Match link in Link().Matches(Documents.Prose(Documents.Text(document))))
            {
                var target = link.Groups["target"].Value;
                if (target.Contains("://") || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                links++;
                var (file, heading) = target.Split('#') is [var path, var name] ? (path, name) : (target, "");
                var there = file.Length == 0 ? document : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(document)!, file));
                if (!Path.Exists(there)) problems.Add($"{Short(document)}: there is no {target}");
                else if (heading.Length > 0 && !Headings(there).Contains(heading)) problems.Add($"{Short(document)}: {file} has no heading #{heading}");
            }
        Assert.IsGreaterThanOrEqualTo(50, links);
        Assert.IsEmpty(problems, string.Join("\n", problems));
    }

    /// <summary>Every page of docs/ can be found from its index.</summary>
    [TestMethod]
    public void TheIndexNamesEveryPage()
    {
        var index = Documents.Text("docs/README.md");
        foreach (var page in Documents.Pages.Where(page => page.StartsWith("docs/", StringComparison.Ordinal) && page != "docs/README.md")) Assert.Contains($"({Path.GetFileName(page)})", index);
    }

    private static string Short(string path) => Path.GetRelativePath(Repository.At(""), path);

    // As GitHub makes them: lower case, no punctuation, hyphens for spaces, a number behind a heading that comes again.
    private static HashSet<string> Headings(string document)
    {
        var headings = new HashSet<string>();
        foreach (Match heading in Heading().Matches(Documents.Text(document)))
        {
            var name = Punctuation().Replace(heading.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-');
            for (var (again, first) = (1, name); !headings.Add(name); again++) name = $"{first}-{again}";
        }
        return headings;
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
