namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class PldModelsTests
{
    [TestMethod]
    public void MiniIsWholeAndEachOneIsItsCallers()
    {
        using BertModel first = PldModels.Mini(), second = PldModels.Mini();
        Assert.AreEqual((12, 256, 16_000), (first.Config.Layers, first.Config.HiddenSize, first.Config.VocabularySize));
        Assert.IsEmpty(first.Report!.Missing);
        first.Dispose();
        Assert.IsGreaterThan(13_000_000, second.ParameterCount); // is not disposed of
        Assert.Throws<ObjectDisposedException>(() => first.ParameterCount);
    }

    [TestMethod]
    public void TheModelCardLiesBesideTheModel() => Assert.Contains("Licence of the weights", File.ReadAllText(Path.Combine(PldModels.MiniFolder, "README.md")));

    [TestMethod]
    public void TheFirstFolderWithAllFilesServes()
    {
        using var folder = new TemporaryFolder();
        string[] roots = [folder["nowhere"], folder["some"], folder["all"], folder["more"]];
        Copy(roots[1], "config.json", "model.safetensors", "tokenizer_config.json");
        Copy(roots[2], "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt");
        Copy(roots[3], "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt");
        Assert.AreEqual(Path.Combine(roots[2], "models", "any"), PldModels.Find("any", roots));
    }

    [TestMethod]
    public void MissingFilesAreNamedWithTheirFoldersAndTheCure()
    {
        using var folder = new TemporaryFolder();
        string[] roots = [folder["some"], folder["nowhere"]];
        Copy(roots[0], "config.json", "vocab.txt");
        var failure = Assert.ThrowsExactly<FileNotFoundException>(() => PldModels.Find("any", roots));
        Assert.AreEqual(Path.Combine(roots[0], "models", "any", "model.safetensors"), failure.FileName);
        foreach (var part in new[]
        {
            "The files of the model any were not found", "copy the folder 'models' along",
            $"\n  {Path.Combine(roots[0], "models", "any")} (without model.safetensors, tokenizer_config.json)", $"\n  {Path.Combine(roots[1], "models", "any")} (not there)",
        })
            Assert.Contains(part, failure.Message);
    }

    private static void Copy(string root, params string[] files)
    {
        var model = Directory.CreateDirectory(Path.Combine(root, "models", "any"));
        foreach (var file in files) File.WriteAllText(Path.Combine(model.FullName, file), "");
    }
}
