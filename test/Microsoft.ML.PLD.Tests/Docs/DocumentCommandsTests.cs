using System.Text.RegularExpressions;

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

    [GeneratedRegex(@"--project (?<project>[\w./-]+) +-- (?<arguments>.*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]*")]
    private static partial Regex Option();
}
