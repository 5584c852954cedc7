namespace Microsoft.ML.PLD.Tests;

[TestClass]
public sealed class NativeSearchTests
{
    [TestMethod]
    public void TheApplicationsFolderComesFirstAndNoFolderTwice()
    {
        var folders = NativeSearch.Folders();
        Assert.AreEqual(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory), folders[0]);
        Assert.AreEqual(Path.Combine(AppContext.BaseDirectory, "runtimes", NativeSearch.RuntimeIdentifier, "native"), folders[1]);
        Assert.HasCount(folders.Count, folders.Distinct());
    }

    [TestMethod]
    public void TheFirstFolderThatHoldsTheLibraryWins()
    {
        var root = Directory.CreateTempSubdirectory("pld-tests-").FullName;
        try
        {
            string[] folders = [.. "abc".Select(name => Directory.CreateDirectory(Path.Combine(root, name.ToString())).FullName)];
            foreach (var folder in folders[1..]) File.WriteAllText(Path.Combine(folder, NativeSearch.FileName("x")), "");

            Assert.AreEqual(Path.Combine(folders[1], NativeSearch.FileName("x")), NativeSearch.Find(folders, "x"));
            Assert.IsNull(NativeSearch.Find(folders, "y"));
            Assert.IsNull(NativeSearch.Find([Path.Combine(root, "missing")], "x"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [TestMethod]
    public void LibtorchIsFoundWhereItWasDeployed()
    {
        foreach (var library in new[] { "c10", "torch_cpu", "torch", "LibTorchSharp" })
            Assert.IsNotNull(NativeSearch.Find(NativeSearch.Folders(), library), library);
    }
}
