using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>docs/troubleshooting.md quotes messages that there are.</summary>
[TestClass]
public sealed partial class TroubleshootingTests
{
    private const string Any = "…", OfOthers = "## Messages of others";

    [TestMethod]
    public void EveryQuotedMessageStandsInTheSource()
    {
        var source = Source();
        string[] messages = [.. Quoted().Matches(Documents.Text("docs/troubleshooting.md").Split(OfOthers)[0]).Select(match => match.Groups["message"].Value).Where(message => message != nameof(ObjectDisposedException))];
        Assert.IsGreaterThanOrEqualTo(60, messages.Length);
        string[] unknown = [.. messages.Where(message => !IsIn(source, message))];
        Assert.IsEmpty(unknown, $"No message of the library reads\n{string.Join("\n", unknown)}");
    }

    [TestMethod]
    [DataRow("There is no weight in column '…'")]
    [DataRow("Could not find … row '…' (expected type …)")]
    public void WhatNobodySaysIsNotFound(string message) => Assert.IsFalse(IsIn(Source(), message));

    // What differs is a hole in an interpolated string, or the rest of the message.
    private static bool IsIn(string source, string message)
    {
        var parts = message.Split(Any).Select(part => part.Trim()).Where(part => part.Length > 0).Select(Regex.Escape);
        return Regex.IsMatch(source, string.Join(".{1,200}?", parts));
    }

    // All code on one line, with strings that go on in the next line as one, and without ' and " of C#.
    private static string Source() => string.Concat(Directory.GetFiles(Repository.At("src/Microsoft.ML.PLD"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
        .Select(path => Joined().Replace(File.ReadAllText(path).ReplaceLineEndings("\n"), "").Replace('\n', ' ').Replace("\\\"", "\"")));

    [GeneratedRegex("^\\| `(?<message>[^`]+)`", RegexOptions.Multiline)]
    private static partial Regex Quoted();

    [GeneratedRegex("\"\\s*\\+\\s*\\$?\"")]
    private static partial Regex Joined();
}
