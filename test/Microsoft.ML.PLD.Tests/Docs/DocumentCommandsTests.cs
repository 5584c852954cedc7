using System.Text.RegularExpressions;
using Cli;
using Glue;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>Commands in documents have options that there are.</summary>
[TestClass]
public sealed partial class DocumentCommandsTests
{
    [TestMethod]
    public void EveryOptionOfACommandIsOneOfItsProgram()
    {
        var problems = new List<string>();
        var options = 0;
        var sources = new Dictionary<string, string>();
        foreach (var page in Documents.Pages)
            foreach (Match command in Command().Matches(Documents.Text(page).Replace("\\\n", " ")))
            {
                var project = command.Groups["project"].Value;
                if (!Directory.Exists(Repository.At(project)))
                {
                    problems.Add($"{page}: there is no {project}");
                    continue;
                }
                if (!sources.TryGetValue(project, out var source))
                    sources[project] = source = string.Concat(Directory.GetFiles(Repository.At(project), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
                foreach (Match option in Option().Matches(command.Groups["arguments"].Value.Split(" #")[0]))
                {
                    options++;
                    if (option.Value != "--help" && !source.Contains($"\"{option.Value}\"")) problems.Add($"{page}: {project} has no option {option.Value}");
                }
            }
        Assert.IsGreaterThanOrEqualTo(10, options);
        Assert.IsEmpty(problems, string.Join("\n", problems));
    }

    [TestMethod]
    public void EveryCommandOfPldIsOneThatItReads()
    {
        var problems = new List<string>();
        var commands = 0;
        foreach (var page in Documents.Pages.Concat(["examples/README.md", "examples/Cli/PACKAGE.md", "examples/Cli/CommandLine.cs"]))
            foreach (Match command in OfPld().Matches(Documents.Text(page).Replace("\\\n", " ")))
            {
                // What follows far to the right says what it does.
                var line = command.Groups["words"].Value.Split(" #")[0].Split("        ")[0];
                commands++;
                if (Problem(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) is { } problem) problems.Add($"{page}: pld {line}: {problem}");
            }
        Assert.IsGreaterThanOrEqualTo(15, commands);
        Assert.IsEmpty(problems, string.Join("\n", problems));
    }

    private static string? Problem(string[] words)
    {
        // These two have no parser here.
        if (words[0] is "export" or "compare") return words.FirstOrDefault(word => word.StartsWith("--", StringComparison.Ordinal) && !OptionsOfSharedVerbs.Contains(word)) is { } unknown ? $"there is no {unknown}" : null;
        // The files of --config are the readers'.
        if (Array.IndexOf(words, "--config") is > 0 and var config) words = [.. words[..config], .. words[Math.Min(config + 2, words.Length)..]];
        try
        {
            CommandReader.Parse(CliConfigTests.Root(), words);
            return null;
        }
        catch (UsageException wrong)
        {
            return wrong.Message;
        }
    }

    private static readonly HashSet<string> OptionsOfSharedVerbs =
    [
        .. new[] { "examples/Convert/ConvertCommand.cs", "examples/Compare/CompareCommand.cs" }.SelectMany(file => NameOfOption().Matches(Documents.Text(file))).Select(name => name.Groups["name"].Value),
    ];

    [GeneratedRegex(@"--project (?<project>[\w./-]+) +-- (?<arguments>.*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    // A line of a block, or between backticks.
    [GeneratedRegex(@"(?:^ *|--project examples/Cli -- |`)(?:pld |(?<=-- ))(?<words>[a-z][^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex OfPld();

    [GeneratedRegex(@"Option<[^>]+>+\(""(?<name>--[a-z-]+)""")]
    private static partial Regex NameOfOption();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]*")]
    private static partial Regex Option();
}
