namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ReadmeTests
{
    [TestMethod]
    public void EveryFolderOfTheLibraryHasItsLineInTheTree()
    {
        foreach (var folder in Directory.GetDirectories(Repository.At("src/Microsoft.ML.PLD")).Select(Path.GetFileName))
            if (folder is not ("bin" or "obj")) Assert.HasCount(2, Readme().Split($"\n  {folder}/ "), $"{folder}/ stands once in the tree");
    }

    [TestMethod]
    public void EveryProjectOfTheSourcesHasItsLineInTheTree()
    {
        foreach (var project in Directory.GetDirectories(Repository.At("src")).Select(Path.GetFileName)) Assert.HasCount(2, Readme().Split($"\nsrc/{project}/ "), $"src/{project}/ stands once in the tree");
    }

    [TestMethod]
    public void EveryPackageHasItsReason()
    {
        foreach (var line in PackageReferences()) Assert.Contains($"| {line.Split('"')[1]} |", Readme());
    }

    [TestMethod]
    public void EveryVersionStandsInOnePlace()
    {
        foreach (var line in PackageReferences())
        {
            Assert.DoesNotContain(" Version=", line);
            if (line.Contains("VersionOverride=")) Assert.Contains("VersionOverride=\"$(", line); // a property of Directory.Packages.props
        }
    }

    private static string[] PackageReferences()
    {
        string[] projects = [.. new[] { "src", "examples", "test" }.SelectMany(folder => Directory.GetDirectories(Repository.At(folder))).SelectMany(folder => Directory.GetFiles(folder, "*.csproj"))];
        Assert.IsGreaterThanOrEqualTo(8, projects.Length);
        return [.. projects.SelectMany(File.ReadLines).Where(line => line.Contains("<PackageReference"))];
    }

    private static string Readme() => File.ReadAllText(Repository.At("README.md")).ReplaceLineEndings("\n");
}
