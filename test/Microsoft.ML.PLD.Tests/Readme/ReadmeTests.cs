namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class ReadmeTests
{
    [TestMethod]
    [DataRow("pipeline", "README.md")]
    [DataRow("binary", "docs/fine-tuning.md")]
    [DataRow("regression", "docs/fine-tuning.md")]
    public void TheCodeOfTheDocumentationIsTheOneThatCompiles(string region, string document)
    {
        var lines = File.ReadAllLines(At("test/Microsoft.ML.PLD.Tests/Readme/ReadmePipeline.cs"));
        var first = Array.FindIndex(lines, line => line.Contains($"#region {region}")) + 1;
        var last = Array.FindIndex(lines, first, line => line.Contains("#endregion"));
        var code = string.Join('\n', lines[first..last].Select(line => line.Length > 8 ? line[8..] : ""));
        Assert.Contains($"```csharp\n{code}\n```", File.ReadAllText(At(document)).ReplaceLineEndings("\n"));
    }

    [TestMethod]
    public void EveryFolderOfTheLibraryHasItsLineInTheTree()
    {
        foreach (var folder in Directory.GetDirectories(At("src/Microsoft.ML.PLD")).Select(Path.GetFileName))
            if (folder is not ("bin" or "obj")) Assert.Contains($"{folder}/", Readme());
    }

    [TestMethod]
    public void EveryPackageOfTheLibraryAndTheExamplesHasItsReason()
    {
        foreach (var project in new[] { "src/Microsoft.ML.PLD/Microsoft.ML.PLD.csproj", "examples/QuickStart/QuickStart.csproj", "test/Microsoft.ML.PLD.Tests/Microsoft.ML.PLD.Tests.csproj" })
            foreach (var line in File.ReadLines(At(project)).Where(line => line.Contains("<PackageReference")))
                Assert.Contains($"| {line.Split('"')[1]} |", Readme());
    }

    private static string Readme() => File.ReadAllText(At("README.md")).ReplaceLineEndings("\n");

    // A path in the repository. Not from [CallerFilePath]: deterministic builds replace it.
    private static string At(string path)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "PLD.MLNet.sln"))) root = root.Parent ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        return Path.Combine(root.FullName, path);
    }
}
