using System.Reflection;
using System.Text.RegularExpressions;

namespace Microsoft.ML.PLD.Tests.Docs;

/// <summary>Members that documents name in their text are there, and public.</summary>
[TestClass]
public sealed partial class DocumentNamesTests
{
    [TestMethod]
    public void EveryMemberOfATypeOfOursIsThere()
    {
        var types = typeof(BertModel).Assembly.GetExportedTypes().Where(type => !type.IsNested).ToLookup(type => type.Name.Split('`')[0]);
        var problems = new List<string>();
        var names = 0;
        foreach (var page in Documents.Pages)
            foreach (Match name in Member().Matches(Documents.Text(page)))
            {
                Type[] owners = [.. types[name.Groups["type"].Value]];
                if (owners.Length == 0) continue;
                names++;
                const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.FlattenHierarchy;
                if (!owners.Any(owner => owner.GetMember(name.Groups["member"].Value, all).Length > 0)) problems.Add($"{page}: {name.Value}`");
            }
        Assert.IsGreaterThanOrEqualTo(50, names);
        Assert.IsEmpty(problems, string.Join("\n", problems));
    }

    // `Type.Member, in one piece and not a path.
    [GeneratedRegex(@"`(?<type>[A-Z]\w+)\.(?<member>[A-Z]\w+)(?![\w/.])")]
    private static partial Regex Member();
}
