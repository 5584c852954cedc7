namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>What documents show is what tests run.</summary>
[TestClass]
public sealed class DocumentCodeTests
{
    // Code of other libraries beside ours: it is highlighted, and not compiled.
    private const string OfOthers = "cs", PageOfOthers = "docs/coming-from.md";

    // Whole programs, which build/package-test.sh runs.
    private static bool IsAProgram(CodeBlock block) => block.Document.EndsWith("/PACKAGE.md", StringComparison.Ordinal) && block.Code.StartsWith("using Microsoft.ML;", StringComparison.Ordinal);

    [TestMethod]
    public void EveryBlockOfCodeIsARegionThatATestRuns()
    {
        var problems = new List<string>();
        foreach (var block in Documents.Pages.SelectMany(Documents.Blocks).Where(block => block.Language is "csharp" or "c#" or OfOthers))
        {
            if (block.Language == OfOthers && block.Document == PageOfOthers || IsAProgram(block)) continue;
            var region = CodeRegion.All.FirstOrDefault(region => region.Code == block.Code);
            var begins = $"{block.Document}:{block.Line} \"{block.Code.Split('\n')[0]}\"";
            if (block.Language != "csharp") problems.Add($"{begins} is marked {block.Language}; expected csharp");
            else if (region is null) problems.Add($"{begins} is no #region of a file in test/Microsoft.ML.PLD.Tests/Docs, word for word");
            else if (!region.Runs) problems.Add($"{begins} is {region.Place}, which stands in no [TestMethod]");
        }
        Assert.IsEmpty(problems, string.Join("\n", problems));
    }

    [TestMethod]
    public void EveryRegionIsShown()
    {
        var shown = Documents.Pages.SelectMany(Documents.Blocks).Select(block => block.Code).ToHashSet();
        string[] hidden = [.. CodeRegion.All.Where(region => !shown.Contains(region.Code)).Select(region => region.Place)];
        Assert.IsGreaterThanOrEqualTo(10, shown.Count);
        Assert.IsEmpty(hidden, $"No document shows {string.Join(", ", hidden)}.");
    }
}
