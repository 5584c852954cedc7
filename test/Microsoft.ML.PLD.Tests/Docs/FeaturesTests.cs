namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>docs/features.md claims nothing without a page and a test.</summary>
[TestClass]
public sealed class FeaturesTests
{
    [TestMethod]
    public void EveryWishHasAPageAndATest()
    {
        string[][] rows = [.. Rows("| | wish |")];
        Assert.HasCount(20, rows);
        foreach (var row in rows)
        {
            Assert.IsTrue(row[2] is "yes" or "partly", $"{row[1]}: {row[2]}");
            Assert.Contains(".md", row[3], row[1]);
            Assert.Contains("](../test/", row[4], row[1]);
            if (row[2] == "partly") Assert.IsNotEmpty(row[5], $"{row[1]}: what is missing?");
        }
    }

    [TestMethod]
    public void EveryFeatureHasATest()
    {
        string[][] rows = [.. Rows("| feature |")];
        Assert.HasCount(18, rows);
        foreach (var row in rows) Assert.Contains("](../test/", row[^1], row[0]);
    }

    /// <summary>No hidden downloads.</summary>
    [TestMethod]
    public void TheLibraryKnowsNoNetwork()
    {
        string[] references = [.. typeof(BertModel).Assembly.GetReferencedAssemblies().Select(reference => reference.Name!)];
        Assert.Contains("Microsoft.ML.Core", references);
        foreach (var reference in references) Assert.IsFalse(reference.StartsWith("System.Net", StringComparison.Ordinal), reference);
    }

    private static IEnumerable<string[]> Rows(string header) => Documents.Text("docs/features.md").Split('\n')
        .SkipWhile(line => !line.StartsWith(header, StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));
}
